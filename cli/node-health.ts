import { CodedError } from "../base/index.ts";

/** A node's own word about itself, as /v1/status gives it. */
export type NodeHealth = Readonly<Record<string, unknown>> & {
  readonly final: number;
  readonly opened: number;
};

const timeoutMs = 5_000;

/** Throws `CodedError` NODE_UNREACHABLE or MALFORMED_ANSWER. */
export async function askHealth(endpoint: string): Promise<NodeHealth> {
  const details = { endpoint };
  let answer: unknown;
  try {
    const response = await fetch(`${endpoint.replace(/\/+$/, "")}/v1/status`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = await response.json();
  } catch (cause) {
    throw new CodedError(
      "NODE_UNREACHABLE",
      "the node does not answer: is it running, and is this its client interface?",
      { cause, details },
    );
  }
  if (isHealth(answer)) return answer;
  throw new CodedError("MALFORMED_ANSWER", "what answers is no node of Conclave", { details });
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
