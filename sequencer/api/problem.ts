// Errors as the API tells them: RFC 9457 problem details with a stable `code`, which clients may switch on.

import { CodedError } from "../../base/index.ts";

export const problemType = "application/problem+json";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly [extension: string]: unknown;
}

export type ProblemCode =
  | "MALFORMED_REQUEST"
  | "MALFORMED_TRANSACTION"
  | "BAD_PARAMETER"
  | "UNKNOWN_PARAMETER"
  | "UNKNOWN_ROUTE"
  | "UNKNOWN_TRANSACTION"
  | "BEYOND_TIP"
  | "NO_CHECKPOINT"
  | "EPOCH_NOT_ENDED"
  | "REQUEST_TIMEOUT"
  | "PRUNED"
  | "REQUEST_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "UPGRADE_REQUIRED"
  | "RATE_LIMITED"
  | "HEADERS_TOO_LARGE"
  | "INTERNAL"
  | "BUSY"
  | "OVERLOADED"
  | "NOT_A_VALIDATOR";

/** Whatever else admission says of a transaction is a 422 with its code. */
const statusOf: Readonly<Record<ProblemCode, number>> = {
  MALFORMED_REQUEST: 400,
  MALFORMED_TRANSACTION: 400,
  BAD_PARAMETER: 400,
  UNKNOWN_PARAMETER: 400,
  UNKNOWN_ROUTE: 404,
  UNKNOWN_TRANSACTION: 404,
  BEYOND_TIP: 404,
  NO_CHECKPOINT: 404,
  EPOCH_NOT_ENDED: 404,
  REQUEST_TIMEOUT: 408,
  PRUNED: 410,
  REQUEST_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  BUSY: 503,
  OVERLOADED: 503,
  NOT_A_VALIDATOR: 503,
};

/** What a handler throws to answer with a problem. */
export function refusal(
  code: ProblemCode,
  message: string,
  details: Record<string, unknown> = {},
): CodedError {
  return new CodedError(code, message, { details });
}

/** What an error says to the client: all of it if we meant it for them, nothing if it is our own. */
export function toProblem(error: unknown): Problem {
  if (error instanceof CodedError && isOwnCode(error.code))
    return problem(statusOf[error.code], error.code, error.message, error.details);
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === "number" && status >= 400 && status < 500) {
    const code = isOwnCodeOf(status);
    return problem(statusOf[code], code, (error as Error).message);
  }
  return problem(500, "INTERNAL", "the node failed to answer; its log says why");
}

/** Admission's word on a transaction; OVERLOADED among them, which another attempt or another node may mend. */
export function toRefusedTransaction(error: CodedError): Problem {
  const status = isOwnCode(error.code) ? statusOf[error.code] : 422;
  return problem(status, error.code, error.message, error.details);
}

function problem(
  status: number,
  code: string,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Problem {
  const title = code.toLowerCase().replaceAll("_", " ");
  return { ...extensions, type: `urn:conclave:problem:${code}`, title, status, detail, code };
}

function isOwnCode(code: string): code is ProblemCode {
  return Object.hasOwn(statusOf, code);
}

/** What the framework refuses by itself, before any handler. */
function isOwnCodeOf(status: number): ProblemCode {
  if (status === 408) return "REQUEST_TIMEOUT";
  if (status === 413) return "REQUEST_TOO_LARGE";
  if (status === 415) return "UNSUPPORTED_MEDIA_TYPE";
  if (status === 431) return "HEADERS_TOO_LARGE";
  return "MALFORMED_REQUEST";
}
