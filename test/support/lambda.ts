import type { RequestListener } from 'node:http';

interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export type LambdaHandler = (event: object, context: object) => Promise<LambdaAnswer>;

/** Answers as API Gateway does: it makes an event of each request, and a response of what the function returns. */
export const answerByFunction =
  (handler: LambdaHandler): RequestListener =>
  async ({ method, url, headersDistinct }, response) => {
    const fields = Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(',')]);
    const requestContext = { http: { method, sourceIp: '127.0.0.1' } };
    const headers = Object.fromEntries(fields);
    const event = { version: '2.0', rawPath: url, rawQueryString: '', headers, body: '', requestContext };
    const answer = await handler(event, {});
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  };
