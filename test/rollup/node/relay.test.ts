import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Relay, relaySigner } from "../../../rollup/node/index.ts";
import { ConclaveClient, keySigner, toHex } from "../../../sdk/index.ts";
import { type Api, createApi } from "../../../sequencer/api/index.ts";
import { at, Chain, endOf, genesis, renewing } from "../../sdk/chain.ts";
import { MemoryGateway } from "../../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../../sequencer/silent-logger.ts";
import { limit } from "../engine/world.ts";
import { RollupChain, signed, spec } from "./specs.ts";

let folder: string;
const apis: Api[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-relay-"));
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()));
  await rm(folder, { recursive: true });
});

const signer = keySigner(new Uint8Array(32).fill(8));

test("what it is given comes out of a batch as it was, and nobody sees it before", async () => {
  const rollup = new RollupChain();
  const gateways = await serve(rollup.chain);
  const payload = signed(0, { actions: [limit(true, 600_000, 5)] });
  const { id } = await relayTo().submit(payload);
  const [transaction] = at(gateways, 0).submitted;
  if (transaction === undefined) throw new Error("nothing was submitted");
  expect(transaction.envelope.expiry).toBe(2_007);
  expect(toHex(transaction.envelope.sender)).toBe(toHex(signer.address));
  expect(Buffer.from(transaction.body).includes(Buffer.from(payload.subarray(20, 60)))).toBe(false);
  rollup.chain.add({ transactions: [transaction] });
  expect(rollup.blocks()[0]?.transactions).toMatchObject([{ id, payload }]);
});

test("the same list brought twice is two transactions: the rollup knows it again by its nonce", async () => {
  await serve(new Chain());
  const relay = relayTo();
  const payload = signed(0, {});
  const [one, two] = [await relay.submit(payload), await relay.submit(payload)];
  expect(one.id).not.toEqual(two.id);
});

test("when the committee's key was replaced meanwhile, it seals to the newer one", async () => {
  const chain = new Chain();
  const gateways = await serve(chain);
  const relay = relayTo();
  await relay.submit(signed(0, {}));
  for (let epoch = 0; epoch < renewing; epoch++) {
    const end = endOf(chain.add({ isClosing: true }));
    for (const gateway of gateways) gateway.ends.set(epoch, end);
  }
  for (const gateway of gateways) {
    gateway.oldestKeyId = 2;
    gateway.epoch = renewing;
  }
  await relay.submit(signed(0, { nonce: 2 }));
  expect(at(gateways, 0).submitted).toHaveLength(2);
});

test("its key is made once, for nobody else to read, and a file that holds none is refused", async () => {
  const path = join(folder, "relay.key");
  const made = await relaySigner(path);
  expect((await relaySigner(path)).address).toEqual(made.address);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).toMatch(/^0x[0-9a-f]{64}\n$/);
  for (const text of ["", "0x12", `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`]) {
    await writeFile(path, text);
    await expect(relaySigner(path)).rejects.toMatchObject({ code: "BAD_RELAY_KEY" });
  }
  await expect(relaySigner(folder)).rejects.toMatchObject({ code: "BAD_RELAY_KEY" });
});

/** By two validators, which is as many as a receipt needs. */
async function serve(chain: Chain): Promise<MemoryGateway[]> {
  const gateways = [0, 1].map((validator) => new MemoryGateway(chain, validator));
  const options = { host: "127.0.0.1", port: 0, logger: silentLogger };
  const metricsText = (): Promise<string> => Promise.resolve("");
  for (const gateway of gateways) apis.push(await createApi({ gateway, metricsText, ...options }));
  return gateways;
}

/** To those who were started last. */
function relayTo(): Relay {
  const client = new ConclaveClient({ endpoints: apis.slice(-2).map(({ url }) => url), genesis });
  return new Relay({ client, rollupId: spec.rollupId, signer, height: () => 7 });
}
