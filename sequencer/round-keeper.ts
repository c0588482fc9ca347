// Does the jobs of the rounds with the secrets that they need: the files of the epochs, and threads for the work. What is
// secret goes no further than from the one to the other.

import { unreachable } from "../base/index.ts";
import { epochPublicKey } from "../crypto/index.ts";
import type { Attempt, RoundAnswer, RoundJob, Verdict } from "../epoch/index.ts";
import type { DealtShare } from "../crypto/index.ts";

/** What keeps the secrets, by epoch of the committee that they are for. */
export interface RoundSecrets {
  secretsFor(epoch: number): Promise<{
    readonly epochKey: Uint8Array;
    readonly dealerSeed: Uint8Array;
  }>;
  /** On disk when it resolves. */
  keepShare(epoch: number, keyId: number, share: Uint8Array): Promise<void>;
}

export interface RoundWorkers {
  round(request: {
    readonly task: Exclude<RoundJob["type"], "draw-epoch-key">;
    readonly attempt: Attempt;
    readonly part: number;
    readonly secret: Uint8Array;
  }): Promise<{
    readonly dealing?: Uint8Array | undefined;
    readonly dealers?: readonly number[] | undefined;
    readonly shares?: readonly DealtShare[] | undefined;
    readonly verdict?: Verdict | undefined;
    readonly keyShare?: Uint8Array | undefined;
  }>;
}

const noSecret = new Uint8Array(32);

export async function doRoundJob(
  ports: { readonly secrets: RoundSecrets; readonly workers: RoundWorkers },
  job: RoundJob,
): Promise<RoundAnswer> {
  const { secrets, workers } = ports;
  if (job.type === "draw-epoch-key") {
    const { attempt, keyId } = job;
    const { epochKey } = await secrets.secretsFor(job.epoch);
    return { type: "epoch-key", attempt, keyId, epochKey: epochPublicKey(epochKey) };
  }
  const { attempt } = job;
  const { number, keyId, epoch } = attempt;
  const name = { attempt: number, keyId };
  const { epochKey, dealerSeed } = await secrets.secretsFor(epoch);
  switch (job.type) {
    case "make-dealing": {
      const request = { task: job.type, attempt, part: job.dealer, secret: dealerSeed };
      const { dealing } = await workers.round(request);
      return { type: "dealing-made", ...name, dealing };
    }
    case "open-dealings": {
      const request = { task: job.type, attempt, part: job.seat, secret: epochKey };
      const { dealers = [] } = await workers.round(request);
      return { type: "dealings-opened", ...name, dealers };
    }
    case "reveal-shares": {
      const request = { task: job.type, attempt, part: job.dealer, secret: dealerSeed };
      const { shares = [] } = await workers.round(request);
      return { type: "shares-revealed", ...name, shares };
    }
    case "judge": {
      const secret = job.seat === undefined ? noSecret : epochKey;
      const request = { task: job.type, attempt, part: job.seat ?? 0, secret };
      const { verdict, keyShare } = await workers.round(request);
      // Before the epoch can close with this key: whoever sits in it then can open.
      if (keyShare !== undefined) await secrets.keepShare(epoch, keyId, keyShare);
      return { type: "judged", ...name, verdict };
    }
    default:
      return unreachable(job);
  }
}
