// What goes wrong between us and an L1, as errors with codes.

import { isError } from "ethers";
import { CodedError } from "../base/index.ts";
import { refusalOf } from "./refusals.ts";

/**
 * What ethers threw, as a `CodedError`: L1_REFUSED when a contract did, with its error's name in the details;
 * INSUFFICIENT_FUNDS, L1_UNREACHABLE, or L1_FAILED for what the L1 said otherwise.
 */
export function toL1Error(what: string, cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  if (isError(cause, "CALL_EXCEPTION")) return toRefusal(what, cause.data ?? undefined, cause);
  if (isError(cause, "INSUFFICIENT_FUNDS"))
    return new CodedError(
      "INSUFFICIENT_FUNDS",
      `${what}: the account has too little of the L1's own coin for the gas`,
      { cause },
    );
  if (isUnreachable(cause))
    return new CodedError("L1_UNREACHABLE", "the L1 does not answer: check --rpc-url", { cause });
  const said = messageOf(cause);
  return new CodedError("L1_FAILED", `${what}: the L1 answers with an error`, {
    cause,
    details: said === undefined ? {} : { message: said.slice(0, 200) },
  });
}

/** @param data What the contract reverted with, if it is known. */
export function toRefusal(what: string, data: string | undefined, cause?: unknown): CodedError {
  const refusal = data === undefined ? undefined : refusalOf(data);
  const why = refusal?.words ?? "the contract refuses, and does not say why";
  return new CodedError("L1_REFUSED", `${what}: ${why}`, {
    cause,
    details: refusal === undefined ? {} : { error: refusal.name },
  });
}

/** What the L1 itself said, of what ethers wraps. */
export function messageOf(error: unknown): string | undefined {
  if (isError(error, "UNKNOWN_ERROR")) {
    const inner = (error as { error?: { message?: unknown } }).error?.message;
    if (typeof inner === "string") return inner;
  }
  return error instanceof Error ? error.message : undefined;
}

function isUnreachable(error: unknown): boolean {
  if (
    isError(error, "TIMEOUT") ||
    isError(error, "NETWORK_ERROR") ||
    isError(error, "SERVER_ERROR")
  )
    return true;
  const code = (error as { code?: unknown } | null)?.code;
  return (
    typeof code === "string" && /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE)/.test(code)
  );
}
