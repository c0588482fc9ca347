import { CodedError } from "../base/index.ts";

/** A node's own word about itself, as /v1/status gives it. */
export type NodeHealth = Readonly<Record<string, unknown>> & {
  readonly final: number;
  readonly opened: number;
};

const timeoutMs = 5_000;

/** Throws `CodedError` NODE_UNREACHABLE or MALFORMED_ANSWER. */
export async function askHealth(endpoint: string): Promise<NodeHealth> {
  const answer = await askNode(endpoint, "/v1/status");
  if (isHealth(answer)) return answer;
  throw noNode(endpoint);
}

/** What a byte costs a rollup in the next block, in fee units, as /v1/fees gives it. Throws as `askHealth`. */
export async function askPrice(endpoint: string, namespace: number): Promise<number> {
  const answer = await askNode(endpoint, "/v1/fees");
  if (!isFees(answer)) throw noNode(endpoint);
  const own = answer.reserves.find((each) => each.namespace === namespace);
  return Math.max(answer.baseFee, own?.reserve ?? 0);
}

/** What a node says of itself, as JSON. Throws `CodedError` NODE_UNREACHABLE. */
export async function askNode(endpoint: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(`${endpoint.replace(/\/+$/, "")}${path}`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    return await response.json();
  } catch (cause) {
    throw new CodedError(
      "NODE_UNREACHABLE",
      "the node does not answer: is it running, and is this its client interface?",
      { cause, details: { endpoint } },
    );
  }
}

export function noNode(endpoint: string): CodedError {
  const details = { endpoint };
  return new CodedError("MALFORMED_ANSWER", "what answers is no node of Conclave", { details });
}

function isHealth(answer: unknown): answer is NodeHealth {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "final" in answer &&
    "opened" in answer &&
    Number.isSafeInteger(answer.final) &&
    Number.isSafeInteger(answer.opened)
  );
}

interface Fees {
  readonly baseFee: number;
  readonly reserves: readonly { readonly namespace: number; readonly reserve: number }[];
}

function isFees(answer: unknown): answer is Fees {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "baseFee" in answer &&
    "reserves" in answer &&
    Number.isSafeInteger(answer.baseFee) &&
    Array.isArray(answer.reserves) &&
    answer.reserves.every(
      (each: unknown) =>
        typeof each === "object" &&
        each !== null &&
        "namespace" in each &&
        "reserve" in each &&
        Number.isSafeInteger(each.reserve),
    )
  );
}
