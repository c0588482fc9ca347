// Errors as the API tells them: RFC 9457 problem details with a stable `code`, which clients may switch on.

import { CodedError } from "../../sdk/index.ts";
import type { RefusalReason } from "../engine/index.ts";

export const problemType = "application/problem+json";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

/** By code. */
export const statusOf = {
  MALFORMED_REQUEST: 400,
  MALFORMED_LIST: 400,
  BAD_PARAMETER: 400,
  UNKNOWN_PARAMETER: 400,
  UNKNOWN_ROUTE: 404,
  UNKNOWN_MARKET: 404,
  UNKNOWN_ACCOUNT: 404,
  UNKNOWN_LIST: 404,
  UNKNOWN_WITHDRAWAL: 404,
  UNKNOWN_ROOT: 404,
  NO_PROOFS: 404,
  REQUEST_TIMEOUT: 408,
  REQUEST_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BAD_SIGNATURE: 422,
  NO_ACCOUNT: 422,
  BAD_SIGNER: 422,
  EXPIRED: 422,
  NONCE_USED: 422,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  BUSY: 503,
  NOT_SUBMITTED: 503,
} as const;

export type ProblemCode = keyof typeof statusOf;

/** What a handler throws to answer with a problem. */
export function refusal(code: ProblemCode, message: string): CodedError {
  return new CodedError(code, message);
}

/** What an error says to the client: all of it if we meant it for them, nothing if it is our own. */
export function toProblem(error: unknown): Problem {
  if (error instanceof CodedError && isOwnCode(error.code))
    return problem(statusOf[error.code], error.code, error.message);
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === "number" && status >= 400 && status < 500)
    return problem(status, codeOf(status), (error as Error).message);
  return problem(500, "INTERNAL", "the node failed to answer; its log says why");
}

/** What a batch would refuse a list for, told before it is sent. */
export function toRefusal(reason: RefusalReason): CodedError {
  if (reason === "NO_ACCOUNT")
    return refusal(reason, "there is no such account; the first deposit on L1 makes it");
  if (reason === "EXPIRED") return refusal(reason, "validUntilMs lies before the rollup's time");
  if (reason === "NONCE_USED")
    return refusal(reason, "the nonce was used, is 256 below the highest, or leaps too far ahead");
  return refusal(
    "BAD_SIGNER",
    "the signature is not by the account's key of that number, or the key has expired",
  );
}

function problem(status: number, code: ProblemCode, detail: string): Problem {
  const title = code.toLowerCase().replaceAll("_", " ");
  return { type: `urn:conclave:problem:${code}`, title, status, detail, code };
}

function isOwnCode(code: string): code is ProblemCode {
  return Object.hasOwn(statusOf, code);
}

/** What the framework refuses by itself, before any handler. */
function codeOf(status: number): ProblemCode {
  if (status === 408) return "REQUEST_TIMEOUT";
  if (status === 413) return "REQUEST_TOO_LARGE";
  if (status === 415) return "UNSUPPORTED_MEDIA_TYPE";
  if (status === 431) return "HEADERS_TOO_LARGE";
  return "MALFORMED_REQUEST";
}
