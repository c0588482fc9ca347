// JSON-RPC over HTTP, and nothing more: one request, one answer that is read only as far as a bound and only as what
// it should be, and an end to every wait. A general client would batch, cache, poll and ask questions of its own.

import { CodedError, type Metrics } from "../../base/index.ts";

export interface RpcOptions {
  /** http or https; a user name and password in it are sent as basic authorization. */
  readonly url: string;
  /** For the whole answer. */
  readonly timeoutMs: number;
  /** Of an answer; what is longer is not read. */
  readonly bytesMax: number;
  readonly metrics: Metrics;
}

const parallelMax = 8;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Every failure is a `CodedError`: L1_UNREACHABLE, L1_TIMEOUT, L1_HTTP_ERROR (`details`: the `status`), L1_BAD_ANSWER
 * (not what was asked for), L1_REFUSED (`details`: the `message` and, of a revert, the `data` that L1 gave; never to be
 * logged) or L1_CLOSED.
 */
export class Rpc {
  readonly #options: RpcOptions;
  readonly #url: string;
  readonly #headers: Record<string, string> = { "content-type": "application/json" };
  readonly #running = new Set<AbortController>();
  #id = 0;
  #isClosed = false;

  constructor(options: RpcOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (url.username !== "" || url.password !== "") {
      const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers["authorization"] = `Basic ${btoa(pair)}`;
      url.username = "";
      url.password = "";
    }
    this.#url = url.href;
  }

  /** `read` makes of the result what it should be, or throws L1_BAD_ANSWER. */
  async call<T>(
    method: string,
    params: readonly unknown[],
    read: (result: unknown) => T,
  ): Promise<T> {
    const id = ++this.#id;
    const answer = await this.#post(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    try {
      return read(resultOf(answer, id));
    } catch (error) {
      if (error instanceof CodedError && error.code === "L1_BAD_ANSWER")
        this.#options.metrics.count("l1_bad_answers_total");
      throw error;
    }
  }

  /** Rejects what runs, and all that is asked later. */
  close(): void {
    this.#isClosed = true;
    for (const each of this.#running) each.abort();
  }

  async #post(body: string): Promise<Answer> {
    if (this.#isClosed) throw closed();
    const abort = new AbortController();
    this.#running.add(abort);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      abort.abort();
    }, this.#options.timeoutMs);
    try {
      const { signal } = abort;
      const request = { method: "POST", headers: this.#headers, body, signal } as const;
      const response = await fetch(this.#url, { ...request, redirect: "error" });
      return { status: response.status, text: await textOf(response, this.#options.bytesMax) };
    } catch (cause) {
      if (this.#isClosed) throw closed();
      if (isLate) throw new CodedError("L1_TIMEOUT", "L1 did not answer in time", { cause });
      if (cause instanceof CodedError) {
        this.#options.metrics.count("l1_bad_answers_total");
        throw cause;
      }
      throw new CodedError("L1_UNREACHABLE", "L1 cannot be reached", { cause });
    } finally {
      clearTimeout(timer);
      this.#running.delete(abort);
    }
  }
}

/** Does the work for each, few at a time, and keeps the order. The first failure is the answer. */
export async function forEachOf<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += parallelMax)
    results.push(...(await Promise.all(items.slice(from, from + parallelMax).map(work))));
  return results;
}

export function badAnswer(what: string): CodedError {
  return new CodedError("L1_BAD_ANSWER", `L1 answered something else than ${what}`);
}

function closed(): CodedError {
  return new CodedError("L1_CLOSED", "the connection to L1 is closed");
}

async function textOf({ body }: Response, bytesMax: number): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const part of body) {
    length += part.length;
    // Leaving the loop cancels the rest of the body.
    if (length > bytesMax) throw badAnswer("a bounded number of bytes");
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function resultOf({ status, text }: Answer, id: number): unknown {
  const answer = parse(text);
  // Some servers give errors of JSON-RPC an HTTP status of their own.
  if (isRecord(answer) && isRecord(answer["error"])) throw refused(answer["error"]);
  if (status !== 200)
    throw new CodedError("L1_HTTP_ERROR", `L1 answered with HTTP ${status}`, {
      details: { status },
    });
  if (!isRecord(answer)) throw badAnswer("an object");
  if (answer["id"] !== id || !("result" in answer)) throw badAnswer("a result");
  return answer["result"];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused({ message, data }: Record<string, unknown>): CodedError {
  // Some servers wrap the data of a revert once more.
  const inner = isRecord(data) ? data["data"] : data;
  const details = {
    message: typeof message === "string" ? message.slice(0, 512) : "",
    data: typeof inner === "string" ? inner.slice(0, 2_048) : "",
  };
  return new CodedError("L1_REFUSED", "L1 refused the request", { details });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** L1 has looked at it and does not take it; anything else may be another matter the next time. */
export function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === "L1_REFUSED";
}
