// A validator's hands on L1 as a process of their own, which a test can kill. Its one argument says which and where.

import type { Deployment } from "../../deploy/devnet/contracts.ts";
import { certify, type TestL1, TestValidator } from "./settlement-l1.ts";

interface Order {
  readonly url: string;
  readonly deployment: Deployment;
  readonly index: number;
  /** Of the checkpoint that it is to anchor. */
  readonly number: number;
}

const { url, deployment, index, number } = JSON.parse(process.argv[2] ?? "") as Order;
// All that a validator asks of its L1.
const l1 = { url, world: { deployment } } as TestL1;
new TestValidator(l1, index, {}).settlement.anchor(certify(deployment, number));
