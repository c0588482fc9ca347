// What would happen, without its happening: steps are simulated one after the other, so that the second stands on the
// first, and nothing is signed.

import { isError } from "ethers";
import type { L1 } from "./connection.ts";
import { toL1Error, toRefusal } from "./failures.ts";
import type { Step } from "./sender.ts";

/** A step as anyone's wallet could send it. */
export interface Rehearsed extends Step {
  readonly value: "0";
  /** About what it uses; null where the L1 cannot tell because it cannot simulate what comes before. */
  readonly gas: number | null;
}

interface SimulatedCall {
  readonly status: string;
  readonly gasUsed: string;
  readonly returnData: string;
  readonly error?: { readonly data?: string };
}

/** Throws `CodedError` L1_REFUSED where a step would do nothing, or as `toL1Error` does. */
export async function rehearse(l1: L1, from: string, steps: readonly Step[]): Promise<Rehearsed[]> {
  const calls = await simulate(l1, from, steps);
  return calls === undefined
    ? estimate(l1, from, steps)
    : steps.map((step, i) => judge(step, calls[i]));
}

function judge(step: Step, call: SimulatedCall | undefined): Rehearsed {
  if (call === undefined) return { ...step, value: "0", gas: null };
  if (Number(call.status) !== 1) throw toRefusal(step.what, call.error?.data ?? call.returnData);
  return { ...step, value: "0", gas: Number(call.gasUsed) };
}

/** Undefined where the L1 does not know how. */
async function simulate(
  l1: L1,
  from: string,
  steps: readonly Step[],
): Promise<readonly SimulatedCall[] | undefined> {
  const calls = steps.map(({ to, data }) => (to === null ? { from, data } : { from, to, data }));
  try {
    const blocks = (await l1.provider.send("eth_simulateV1", [
      { blockStateCalls: [{ calls }], validation: false },
      "latest",
    ])) as readonly { readonly calls: readonly SimulatedCall[] }[];
    return blocks[0]?.calls;
  } catch (cause) {
    const error = toL1Error("simulating", cause);
    if (error.code === "L1_UNREACHABLE") throw error;
    return undefined;
  }
}

async function estimate(l1: L1, from: string, steps: readonly Step[]): Promise<Rehearsed[]> {
  const rehearsed: Rehearsed[] = [];
  for (const step of steps) {
    const { to, data, what } = step;
    const isFirst = rehearsed.length === 0;
    try {
      const gas = isFirst ? Number(await l1.provider.estimateGas({ from, to, data })) : null;
      rehearsed.push({ ...step, value: "0", gas });
    } catch (cause) {
      // A later step is not judged by a state in which those before it have not happened.
      if (isError(cause, "CALL_EXCEPTION") && !isFirst)
        rehearsed.push({ ...step, value: "0", gas: null });
      else throw toL1Error(what, cause);
    }
  }
  return rehearsed;
}
