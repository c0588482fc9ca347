// The bounds that the contracts are judged by, on whole transactions; `npm run bench gas` prints all of them. The parts of
// them are held without any drift by snapshots/gas.json.
import { beforeAll, expect, test } from "vitest";
import { faultyMax } from "../../protocol/index.ts";
import { vaultGas } from "../integration/vault-gas.ts";
import { Chain } from "./support/chain.ts";
import { checkpointGas, convictionGas, onceGas, rotationGas, settlingGas } from "./support/gas.ts";

let chain: Chain;

beforeAll(async () => {
  chain = await Chain.open();
}, 120_000);

test.each([4, 64, 128])(
  "a checkpoint of %i members costs little more for each that is absent",
  async (size) => {
    const gas = await checkpointGas(chain, size);
    const [none, one, many] = [0, 1, "f"].map(
      (absent) => gas[`checkpoint/n${size}/absent${absent}/gas`],
    ) as [number, number, number];
    expect(none).toBeLessThanOrEqual(206_000);
    expect(one).toBeLessThanOrEqual(none + 12_000);
    expect(many).toBeLessThanOrEqual(none + 12_000 + (faultyMax(size) - 1) * 4_900);
  },
  120_000,
);

test("settling a rollup costs little in a bundle", async () => {
  const gas = await settlingGas(chain, 8);
  expect(gas["settle/alone-of-8/gas"]).toBeLessThanOrEqual(49_200);
  expect(gas["settle/bundled8/gas-per-rollup"]).toBeLessThanOrEqual(31_200);
}, 120_000);

test("a committee is prepared and takes over within what one transaction may cost", async () => {
  const gas = await rotationGas(chain, 7);
  expect(gas["prepare/n7/gas"]).toBeLessThanOrEqual(250_000);
  expect(gas["rotate/n7/gas"]).toBeLessThanOrEqual(310_000);
  expect(gas["register/gas"]).toBeLessThanOrEqual(440_000);
}, 120_000);

test("what is paid once, or by users, is bounded", async () => {
  expect((await convictionGas(chain))["convict/gas"]).toBeLessThanOrEqual(340_000);
  expect((await onceGas(chain))["inbox/200-bytes/gas"]).toBeLessThanOrEqual(70_000);
}, 120_000);

test("what users and proposers pay at a derivatives rollup's vault is bounded", async () => {
  const gas = await vaultGas(chain);
  expect(gas["vault/deposit/gas"]).toBeLessThanOrEqual(125_000);
  expect(gas["vault/propose-with-free-bond/gas"]).toBeLessThanOrEqual(250_000);
  expect(gas["vault/withdraw/gas"]).toBeLessThanOrEqual(130_000);
  expect(gas["vault/exit-one-position/gas"]).toBeLessThanOrEqual(115_000);
  const challenges = Object.entries(gas).filter(([name]) => name.startsWith("vault/challenge-"));
  expect(challenges).toHaveLength(5);
  for (const [, each] of challenges) expect(each).toBeLessThanOrEqual(300_000);
}, 120_000);
