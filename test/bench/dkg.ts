import { assert, u64Bytes } from "../../base/index.ts";
import {
  checkDealing,
  combineDealings,
  dealingsNeeded,
  type DealingPlan,
  dealKeyShares,
  epochPublicKey,
  makeDealing,
  openDealing,
  type SealingGroup,
  sha256,
} from "../../crypto/index.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { cpuMs, type Figure } from "./harness.ts";

/** What handing a key on to a committee of the same size costs one of its nodes, in work and in bytes of the log. */
export async function benchDkg(seed: number): Promise<Figure[]> {
  const group = await createMclSealingGroup();
  return [4, 16, 64].flatMap((seats) => measure(group, seats, seed));
}

function measure(group: SealingGroup, seats: number, seed: number): Figure[] {
  const entropy = sha256(u64Bytes(seed));
  const threshold = seats - Math.floor((seats - 1) / 3);
  const previous = { ...dealKeyShares(group, { seats, threshold, entropy }), threshold };
  const epochKeys = Array.from({ length: seats }, (_, i) => sha256(entropy, u64Bytes(i)));
  const plan: DealingPlan = {
    round: { chainId: 1, keyId: 1, epoch: 1, attempt: 0 },
    threshold,
    recipients: epochKeys.map(epochPublicKey),
    previous,
  };
  const deal = (dealer: number): Uint8Array => {
    const keyShare = previous.keyShares[dealer - 1];
    return makeDealing(group, plan, { dealer, seed: sha256(entropy, u64Bytes(dealer)), keyShare });
  };
  const bytes = Array.from({ length: dealingsNeeded(plan) }, (_, i) => deal(i + 1));
  const dealings = bytes.map((each) => {
    const dealing = checkDealing(group, plan, each);
    assert(dealing !== undefined, "an honest dealing is accepted");
    return dealing;
  });
  const [firstBytes, firstDealing] = [bytes[0] ?? entropy, dealings[0]];
  assert(firstDealing !== undefined, "there is a dealer");
  const own = { seat: 1, epochKey: epochKeys[0] ?? entropy };
  const complete = dealings.map((dealing) => ({ dealing, revealed: [] }));
  const rounds = seats > 16 ? 3 : 5;
  const steps: readonly (readonly [string, () => void])[] = [
    ["create/cpu-ms-per-dealing", () => void deal(1)],
    ["check/cpu-ms-per-dealing", () => void checkDealing(group, plan, firstBytes)],
    ["own-share/cpu-ms-per-dealing", () => void openDealing(group, plan, firstDealing, own)],
    ["combine/cpu-ms", () => void combineDealings(group, plan, complete)],
  ];
  const prefix = `dkg/n${seats}`;
  const figures = steps.map(([name, work]) => ({
    name: `${prefix}/${name}`,
    value: cpuMs(work, rounds),
    unit: "ms",
  }));
  const timeOf = (step: string): number =>
    figures.find(({ name }) => name.includes(`/${step}/`))?.value ?? Number.NaN;
  // Every dealing is checked and opened by everyone, whether it is among those that make the key or not.
  const perDealing = timeOf("check") + timeOf("own-share");
  const total = timeOf("create") + seats * perDealing + timeOf("combine");
  return [
    ...figures,
    { name: `${prefix}/round/cpu-ms-per-node`, value: total, unit: "ms" },
    { name: `${prefix}/dealing/bytes`, value: firstBytes.length, unit: "B" },
    { name: `${prefix}/round/bytes`, value: firstBytes.length * seats, unit: "B" },
  ];
}
