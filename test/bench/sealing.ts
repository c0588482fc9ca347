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
import { cpuMs, type Figure } from "./harness.ts";

const seats = 4;
const threshold = 3;
const plaintextBytes = 384;

/** What one transaction costs one of four nodes, with the group of the nodes and with that of the clients. */
export async function benchSealing(seed: number): Promise<Figure[]> {
  const native = measure("mcl", await createMclSealingGroup(), 64, seed);
  const portable = measure("noble", nobleSealingGroup, 4, seed);
  const total = (figures: readonly Figure[]): number =>
    figures.find(({ name }) => name.endsWith("/total/cpu-ms-per-tx"))?.value ?? Number.NaN;
  const ratio = total(portable) / total(native);
  return [...native, ...portable, { name: "sealing/noble-over-mcl", value: ratio, unit: "times" }];
}

function measure(label: string, group: SealingGroup, batch: number, seed: number): Figure[] {
  const entropy = sha256(u64Bytes(seed));
  const dealt = dealKeyShares(group, { seats, threshold, entropy });
  const key = toSealingKey(group, { chainId: 1, keyId: 1, pk1: dealt.pk1, pk2: dealt.pk2 });
  assert(key !== undefined, "a dealt key is a key");
  const { verificationKeys, keyShares } = dealt;
  const aad = sha256(entropy);
  const message = new Uint8Array(plaintextBytes);
  const sealed = Array.from({ length: batch }, (_, i) =>
    seal(group, key, { message, aad, seed: sha256(entropy, u64Bytes(i)) }),
  );
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
  const total = figures.reduce((sum, { value }) => sum + value, 0);
  const name = `sealing/${label}/n${seats}/total/cpu-ms-per-tx`;
  return [...figures, { name, value: total, unit: "ms" }];
}
