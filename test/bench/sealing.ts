import {
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  isValidSeal,
  nobleSealingGroup,
  openBatch,
  seal,
  type SealingGroup,
  sha256,
  toSealingKey,
  unseal,
  weightBytesLength,
} from "../../crypto/index.ts";
import { assert, u64Bytes } from "../../base/index.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { benchClientSealing } from "./client-sealing.ts";
import { benchFerveo } from "./ferveo.ts";
import { cpuMs, type Figure } from "./harness.ts";
import { benchOpening } from "./opening.ts";

const seats = 4;
const threshold = 3;
const plaintextBytes = 384;

/**
 * What a transaction costs a node (everything from checking its seal to its payload) in committees of several sizes,
 * what Ferveo costs on the same work, and what sealing costs a client. A node's figures stand beside each other in one
 * run, because machines and their loads differ more than what is compared.
 */
export async function benchSealing(seed: number): Promise<Figure[]> {
  const group = await createMclSealingGroup();
  const figures = [
    ...measure("mcl", group, 64, seed),
    ...measure("noble", nobleSealingGroup, 4, seed),
    ...[4, 16, 64, 128].flatMap((each) => benchOpening(group, each, seed)),
    ...(await benchFerveo()),
    ...(await benchClientSealing(seed)),
  ];
  const valueOf = (wanted: string): number =>
    figures.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  const ratio = (name: string, above: string, below: string): Figure => ({
    name,
    value: valueOf(above) / valueOf(below),
    unit: "times",
  });
  const ours = "sealing/n4/cpu-ms-per-tx";
  return [
    ...figures,
    ratio("ferveo-over-sealing/n4", "ferveo/n4/cpu-ms-per-tx", ours),
    ratio("ferveo-precomputed-over-sealing/n4", "ferveo/n4/precomputed/cpu-ms-per-tx", ours),
    ratio("sealing/n64-sliced-over-n4", "sealing/n64-sliced/cpu-ms-per-tx", ours),
    ratio("sealing/n128-sliced-over-n4", "sealing/n128-sliced/cpu-ms-per-tx", ours),
  ];
}

function measure(label: string, group: SealingGroup, batch: number, seed: number): Figure[] {
  const entropy = sha256(u64Bytes(seed));
  const dealt = dealKeyShares(group, { seats, threshold, entropy });
  const key = toSealingKey(group, { chainId: 1, keyId: 1, pk1: dealt.pk1, pk2: dealt.pk2 });
  assert(key !== undefined, "a dealt key is a key");
  const { verificationKeys, keyShares } = dealt;
  const aad = sha256(entropy);
  const message = new Uint8Array(plaintextBytes);
  const seeds = Array.from({ length: batch }, (_, i) => sha256(entropy, u64Bytes(i)));
  const sealed = seeds.map((each) => seal(group, key, { message, aad, seed: each }));
  const points = sealed.map((each) => ephemeralPoint(each) ?? new Uint8Array(48));
  const share = keyShares[0] ?? new Uint8Array(32);
  const rows = keyShares
    .slice(0, threshold)
    .map((each, i) => ({ seat: i + 1, shares: decryptionShares(group, each, points) }));
  const randomness = new Uint8Array(batch * weightBytesLength).map((_, i) => (i * 7 + seed) % 251);
  const open = (): readonly Uint8Array[] => {
    const opened = openBatch(group, { key, verificationKeys, threshold, points, rows, randomness });
    assert("openings" in opened, "honest rows open");
    return opened.openings;
  };
  const openings = open();
  const steps: readonly (readonly [string, () => void])[] = [
    ["seal", () => seeds.forEach((each) => void seal(group, key, { message, aad, seed: each }))],
    ["validate", () => sealed.forEach((each) => void isValidSeal(group, key, each, aad))],
    ["share", () => void decryptionShares(group, share, points)],
    ["open", () => void open()],
    ["unseal", () => sealed.forEach((each, i) => void unseal(key, each, aad, openings[i] ?? aad))],
  ];
  const figures = steps.map(([name, work]) => ({
    name: `sealing/${label}/n${seats}/${name}/cpu-ms-per-tx`,
    value: cpuMs(work, label === "mcl" ? 5 : 3) / batch,
    unit: "ms",
  }));
  // A client seals; all the rest is a node's.
  const total = figures.slice(1).reduce((sum, { value }) => sum + value, 0);
  const name = `sealing/${label}/n${seats}/total/cpu-ms-per-tx`;
  return [...figures, { name, value: total, unit: "ms" }];
}
