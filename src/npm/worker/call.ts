import {
  WINDOW,
  type RequestMessage,
  type ResponseMessage,
  type ToPage,
} from "../vault/messages.js";

type Post = (message: ToPage, transfer?: Transferable[]) => void;

/** One API call of a page, from its request to the last byte of its answer. */
export class Call {
  readonly #ticket: number;
  readonly #post: Post;
  readonly #abort = new AbortController();
  readonly request: Request;
  /** How many more bytes the page takes now. */
  #room = WINDOW;
  #go: (() => void) | undefined;

  /** Throws what the constructor of `Request` throws. */
  constructor(ticket: number, { url, method, headers, body, options }: RequestMessage, post: Post) {
    this.#ticket = ticket;
    this.#post = post;
    const init: RequestInit = { ...options, method, headers, body, signal: this.#abort.signal };
    if (body instanceof ReadableStream) Object.assign(init, { duplex: "half" });
    // A worker cannot navigate, and no page can ask for that either.
    this.request = new Request(url, init);
  }

  /** Sends the body on, as far as the page has room for it. */
  async stream(response: Response): Promise<void> {
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (let at = 0; at < value.byteLength;) {
          while (this.#room <= 0) await new Promise<void>((resolve) => (this.#go = resolve));
          const part = value.subarray(at, at + this.#room);
          at += part.byteLength;
          this.#room -= part.byteLength;
          // A buffer leaves as a whole, and this may be a view of a larger one.
          const chunk = part.byteLength === value.buffer.byteLength ? part : part.slice();
          this.#post({ ticket: this.#ticket, chunk }, [chunk.buffer]);
        }
      }
      this.#post({ ticket: this.#ticket, end: "done" });
    } catch {
      this.#post({ ticket: this.#ticket, end: "broken" });
    }
  }

  took(bytes: number): void {
    this.#room += bytes;
    this.#go?.();
  }

  abort(): void {
    this.#abort.abort();
    this.#room = WINDOW;
    this.#go?.();
  }
}

export function describeResponse(response: Response): ResponseMessage {
  const { status, statusText, url, type, redirected, body } = response;
  return {
    status,
    statusText,
    headers: [...response.headers],
    url,
    type,
    redirected,
    body: body !== null,
  };
}
