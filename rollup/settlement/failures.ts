// What goes wrong between us and the vault, as errors with codes.

import { type ErrorDescription, isError } from "ethers";
import { CodedError } from "../../sdk/index.ts";
import { settlementAbi, stepsAbi, tokenAbi, vaultAbi } from "./abi.ts";

/**
 * What ethers threw, as a `CodedError`: L1_REFUSED when a contract did, with its error's name in the details as `reason`;
 * L1_FAILED for what the L1 said otherwise, or that it said nothing.
 */
export function toL1Error(what: string, cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  const data = dataOf(cause);
  if (data === undefined && !isError(cause, "CALL_EXCEPTION"))
    return new CodedError("L1_FAILED", `${what}: the L1 did not do it`, { cause });
  const refusal = data === undefined ? undefined : refusalOf(data);
  const reason = refusal?.name ?? "without a reason";
  const said = refusal === undefined ? reason : `${reason}(${refusal.args.join(", ")})`;
  return new CodedError("L1_REFUSED", `${what}: refused, ${said}`, { cause, details: { reason } });
}

/** What the call reverted with, 0x and hex: providers differ in whether they look at it themselves. */
function dataOf(cause: unknown): string | undefined {
  const { data } = cause as { readonly data?: unknown };
  return typeof data === "string" && data.startsWith("0x") ? data : undefined;
}

function refusalOf(data: string): ErrorDescription | undefined {
  for (const abi of [vaultAbi, settlementAbi, tokenAbi, stepsAbi]) {
    const found = abi.parseError(data);
    if (found !== null) return found;
  }
  return undefined;
}
