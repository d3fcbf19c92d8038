import { withoutPrototype } from '../src/shared/own-properties.js';
import { isNode } from '../src/shared/runtime.js';

/*
 * On Node, creating a response with a body takes as long as verifying a token with HS256, nearly all of it for the stream of the
 * body. So a refusal would cost up to twice as much as an admission. The responses of this module create their headers and their
 * body when these are first used.
 */

/** What a response is made of. It is never changed. */
export interface ResponseParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}
type CreateResponse = (parts: ResponseParts) => Response;

/**
 * Returns a function that creates such responses, or `undefined` where it might not work. It works where servers read a response
 * by its public members. Other runtimes than Node read it from within, and so do frameworks that replace `Response`.
 */
export function lazyResponses(): CreateResponse | undefined {
  const { Response } = globalThis;
  if (Response !== known) {
    known = Response;
    // A class that extends another one is a replacement.
    const isOriginal = isNode && Object.getPrototypeOf(Response) === Function.prototype;
    create = isOriginal ? working(lazyVersionOf(Response)) : undefined;
  }
  return create;
}

/** Returns the function if its responses work, which those of a polyfill may not. */
function working(createResponse: CreateResponse): CreateResponse | undefined {
  try {
    const { status, headers } = createResponse({ status: 401, headers: { allow: 'GET' }, body: 'x' });
    return status === 401 && headers.get('allow') === 'GET' ? createResponse : undefined;
  } catch {
    return undefined;
  }
}

let known: typeof Response | undefined;
let create: CreateResponse | undefined;

/** The members that depend on neither the headers nor the body. */
const CHEAP = ['constructor', 'ok', 'redirected', 'status', 'statusText', 'type', 'url'];

function lazyVersionOf(Base: typeof Response): CreateResponse {
  // Without headers, Node would read them from a polluted `Object.prototype`. It copies these.
  const none = new Headers();

  class LazyResponse extends Base {
    readonly #parts: ResponseParts;
    #headers: Headers | undefined;
    #withBody: Response | undefined;

    constructor(parts: ResponseParts) {
      super(null, withoutPrototype({ status: parts.status, headers: none }));
      this.#parts = parts;
    }

    override get headers(): Headers {
      this.#headers ??= new Headers(this.#parts.headers);
      return this.#headers;
    }

    /** A response with the body of this one. */
    get withBody(): Response {
      this.#withBody ??= new Base(this.#parts.body ?? null, withoutPrototype({ headers: this.headers }));
      return this.#withBody;
    }

    override clone(): Response {
      const { status, headers } = this;
      return new Base(this.withBody.clone().body, withoutPrototype({ status, headers }));
    }
  }

  // The names are taken from the runtime, so that no member of a later version is forgotten.
  for (const name of Object.getOwnPropertyNames(Base.prototype)) {
    if (CHEAP.includes(name) || Object.hasOwn(LazyResponse.prototype, name)) continue;
    const descriptor: PropertyDescriptor & ThisType<LazyResponse> = {
      configurable: true,
      get() {
        const { withBody } = this;
        const member: unknown = Reflect.get(withBody, name);
        return typeof member === 'function' ? member.bind(withBody) : member;
      },
    };
    Object.defineProperty(LazyResponse.prototype, name, withoutPrototype(descriptor));
  }
  return (parts) => new LazyResponse(parts);
}
