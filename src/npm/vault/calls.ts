import { WINDOW, type RequestMessage, type ResponseMessage } from "./messages.js";

/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const BODYLESS = [101, 103, 204, 205, 304];

/** What a request is made with, beside its URL, method, headers and body. */
const OPTIONS = [
  "credentials",
  "cache",
  "redirect",
  "mode",
  "referrerPolicy",
  "integrity",
  "keepalive",
] as const;

/** An app's request as data. `body` is what the app gave, if it gave it apart. */
export async function describeRequest(request: Request, body: unknown): Promise<RequestMessage> {
  const { url, method } = request;
  const message: RequestMessage = {
    url,
    method,
    headers: [...request.headers],
    body: null,
    options: Object.fromEntries(OPTIONS.map((name) => [name, request[name]])),
  };
  if (body instanceof ReadableStream) return { ...message, body: request.body };
  // A Blob is handed over as it is: a large file is not read into memory for it.
  if (body instanceof Blob) return { ...message, body };
  if (method === "GET" || method === "HEAD") return message;
  const bytes = await request.arrayBuffer();
  return bytes.byteLength || hadBody(request, body) ? { ...message, body: bytes } : message;
}

/** Firefox does not show whether a request has a body; an empty one is told by what the app gave. */
function hadBody(request: Request, body: unknown): boolean {
  return request.body ? true : body !== undefined && body !== null;
}

/** The way back to the worker for one response. */
export interface Flow {
  took: (bytes: number) => void;
  stop: () => void;
}

/** A response that arrives in pieces. */
export class Arriving {
  readonly response: Response;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Bytes that the page has not told of as taken. */
  #untold = 0;
  readonly #flow: Flow;

  constructor(head: ResponseMessage, flow: Flow, signal: AbortSignal | undefined) {
    this.#flow = flow;
    signal?.addEventListener("abort", () => this.#abort(signal.reason));
    this.response = responseOf(head, head.body ? this.#stream() : null);
  }

  chunk(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
    this.#untold += bytes.byteLength;
    this.#tell();
  }

  end(how: "done" | "broken"): void {
    if (how === "done") this.#controller?.close();
    else this.#controller?.error(new TypeError("The response ended before it was complete."));
    this.#controller = undefined;
  }

  /** Ends the stream with the reason of the app's own signal. */
  #abort(reason: unknown): void {
    if (!this.#controller) return;
    this.#controller.error(reason);
    this.#controller = undefined;
    this.#flow.stop();
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#tell(),
        cancel: () => {
          this.#controller = undefined;
          this.#flow.stop();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WINDOW / 2 }),
    );
  }

  /** What the reader has taken out of the queue makes room for more. */
  #tell(): void {
    const room = this.#controller?.desiredSize ?? 0;
    if (this.#untold === 0 || room <= 0) return;
    this.#flow.took(this.#untold);
    this.#untold = 0;
  }
}

/** A `Response` that shows what the worker's one showed. */
function responseOf(head: ResponseMessage, body: ReadableStream | null): Response {
  const { status, statusText, headers, url, type, redirected } = head;
  // No constructor makes a response without a status: it is one that must not be read.
  const plain = status < 200 || BODYLESS.includes(status);
  const response = new Response(plain ? null : body, {
    status: status < 200 ? 200 : status,
    statusText,
    headers,
  });
  return dressed(response, { status, ok: status >= 200 && status < 300, url, type, redirected });
}

/**
 * The same stream, read ahead: a copy that nobody reads must not hold up the other, nor the other's cancelling, as it does
 * not with `fetch`.
 */
function eager(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
  if (!body) return null;
  const reader = body.getReader();
  return new ReadableStream({
    async start(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          controller.enqueue(value);
        }
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function dressed(response: Response, shown: Record<string, unknown>): Response {
  const clone = () => {
    const copy = Response.prototype.clone.call(response);
    return dressed(new Response(eager(copy.body), copy), shown);
  };
  for (const [name, value] of Object.entries({ ...shown, clone })) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
  return response;
}
