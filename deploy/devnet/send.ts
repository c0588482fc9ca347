// A transaction on the L1, waited for.

import type { Contract, TransactionReceipt } from "ethers";
import { CodedError } from "../../base/index.ts";

/** Sends and waits. Throws `CodedError` L1_REFUSED. */
export async function send(
  contract: Contract,
  name: string,
  ...values: readonly unknown[]
): Promise<TransactionReceipt> {
  try {
    const response = await contract.getFunction(name).send(...values);
    const receipt = await response.wait();
    if (receipt !== null) return receipt;
  } catch (cause) {
    throw new CodedError("L1_REFUSED", `the L1 did not take ${name}`, { cause });
  }
  throw new CodedError("L1_REFUSED", `the L1 did not mine ${name}`);
}
