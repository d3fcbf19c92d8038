/** A dependency of functions, such as a database or an identity provider. A server has one of each. */
export interface Provider {
  /** The key of its client in `ctx.providers`, which functions name in `requires`. */
  readonly name: string;
  /** Called once, before the server listens. Resolves with the client that functions use. */
  initialize(): Promise<unknown>;
  /** Called once, at startup. After `false`, the server prints a warning and starts anyway. */
  healthCheck(): Promise<boolean>;
  /** Called exactly once, when the server stops. */
  shutdown(): Promise<void>;
}

/** Starts, checks and stops the providers of one server. */
export class Providers {
  /** The clients of the providers started so far, by name. */
  readonly clients: Record<string, unknown> = Object.create(null);

  readonly #providers: readonly Provider[];
  readonly #warn: (sentence: string) => void;
  readonly #started: Provider[] = [];
  #stopped: Promise<void> | undefined;

  /** @throws {Error} if two providers have the same name. */
  constructor(providers: readonly Provider[], warn: (sentence: string) => void) {
    const names = new Set<string>();
    for (const { name } of providers) {
      if (names.has(name))
        throw new Error(`Two providers are named "${name}"; give one of them another name.`);
      names.add(name);
    }
    this.#providers = providers;
    this.#warn = warn;
  }

  /** Initializes the providers one after the other. If one fails, shuts down those before it, and throws. */
  async start(): Promise<void> {
    for (const provider of this.#providers) {
      try {
        this.clients[provider.name] = await provider.initialize();
      } catch (error) {
        await this.stop();
        const reason = error instanceof Error ? error.message : 'it gave no reason.';
        throw new Error(`The provider "${provider.name}" did not start: ${reason}`, { cause: error });
      }
      this.#started.push(provider);
      // Without `await`, because a slow identity provider must not keep the server from listening.
      void this.#check(provider);
    }
  }

  /** Shuts down every started provider. A second call waits for the first. It never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutdownAll();
    return this.#stopped;
  }

  async #check(provider: Provider): Promise<void> {
    let healthy = false;
    try {
      healthy = await provider.healthCheck();
    } catch {
      // A check that throws has failed. The error is not printed, because it may hold credentials.
    }
    if (!healthy && this.#stopped === undefined) {
      this.#warn(`The provider "${provider.name}" is not healthy; functions that need it may fail.`);
    }
  }

  async #shutdownAll(): Promise<void> {
    const results = await Promise.allSettled(this.#started.map(async (provider) => provider.shutdown()));
    results.forEach((result, index) => {
      if (result.status === 'rejected') {
        this.#warn(`The provider "${this.#started[index]?.name}" did not shut down cleanly.`);
      }
    });
  }
}
