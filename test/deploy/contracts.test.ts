import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract } from "ethers";
import hre from "hardhat";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex, u64Bytes } from "../../base/index.ts";
import { keccak256, nobleBls, nobleNetworkSignatures } from "../../crypto/index.ts";
import { type Committee, Epoch } from "../../protocol/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { fromSpecJson } from "../../rollup/node/index.ts";
import { type Deployment, deployContracts } from "../../deploy/devnet/contracts.ts";
import { connectL1, startL1 } from "../../deploy/devnet/l1.ts";
import { cast } from "../../deploy/devnet/perpetuals/bots/cast.ts";
import {
  deployPerpetuals,
  perpetualsNamespace,
} from "../../deploy/devnet/perpetuals/deployment.ts";
import { listedMarkets } from "../../deploy/devnet/perpetuals/markets.ts";
import { VaultReader } from "../../deploy/devnet/perpetuals/vault-reader.ts";
import { freePorts } from "../../deploy/devnet/ports.ts";
import { Processes } from "../../deploy/devnet/processes.ts";

const root = join(import.meta.dirname, "..", "..");
const minutes = 60_000;
/** USDC. */
const insuranceFund = 250_000;
const visitorsMoney = 10_000;

beforeAll(async () => {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}, 5 * minutes);

describe.each([
  { name: "the L1 of this machine", anvil: undefined, remark: /^$|Hardhat/ },
  { name: "Hardhat's node in place of anvil", anvil: "/nowhere/anvil", remark: /Hardhat/ },
])("on $name", ({ anvil, remark }) => {
  const folder = mkdtempSync(join(tmpdir(), "devnet-"));
  const processes = new Processes(join(folder, "logs"));
  const epochLength = 24 * 3600;
  const secrets = [1, 2, 3, 4].map(secretOf);
  let deployment: Deployment;
  let provider: ReturnType<typeof connectL1>;
  let said: string | undefined;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const l1 = await startL1(processes, { root, folder, port }, anvil);
    said = l1.remark;
    provider = connectL1(l1.url);
    const addresses = secrets.map((_, index) => `/ip4/127.0.0.1/tcp/${9000 + index}`);
    const committee = committeeOf(secrets);
    deployment = await deployContracts({
      root,
      provider,
      committee,
      secrets,
      addresses,
      epochLength,
      firstEpochLength: epochLength,
    });
  }, 2 * minutes);

  afterAll(async () => {
    provider.destroy();
    await processes.stopAll();
    rmSync(folder, { recursive: true });
  });

  test("it says which L1 there is when it is not the one that was wanted", () => {
    expect(said ?? "").toMatch(remark);
  });

  test("two rollups are subscribed with settlements of their own, and have prepaid", async () => {
    const rollups = await contract("Rollups", deployment.rollups);
    for (const [namespace, settlement] of deployment.settlements.entries()) {
      const rollup = (await rollups.getFunction("rollupOf").staticCall(namespace)) as unknown[];
      expect(rollup[0]).toBe(settlement);
      expect(rollup[3]).toBe(1_000_000_000_000n);
    }
    expect(await rollups.getFunction("count").staticCall()).toBe(2n);
  });

  test("every validator is registered with its own key and account", async () => {
    const hub = await contract("Hub", deployment.hub);
    const stake = await contract("Stake", (await hub.getFunction("STAKE").staticCall()) as string);
    const operators = (await stake.getFunction("activeOperators").staticCall()) as string[];
    expect([...operators]).toEqual(secrets.map((_, index) => devAccount(index + 1).address));
  });

  test("the perpetuals rollup's vault has what the bots deposited, and its inbox says so and what the markets are", async () => {
    const place = { root, folder };
    const perpetuals = await deployPerpetuals(place, provider, { deployment, apiPort: 0 });
    const deposits = cast.flatMap((role) => role.deposits);
    const given = deposits.reduce((sum, amount) => sum + amount, insuranceFund + visitorsMoney);
    const vault = await VaultReader.open(root, provider, perpetuals.vault);
    expect(await vault.given()).toBe(BigInt(given) * 10n ** 12n);
    expect(await vault.proposals()).toEqual([]);
    const settlement = deployment.settlements[perpetualsNamespace] ?? "";
    const inbox = await contract("Settlement", settlement);
    const messages = BigInt(listedMarkets.length + deposits.length + 2);
    const [, , inboxCount] = (await inbox.getFunction("settled").staticCall()) as unknown[];
    expect(inboxCount).toBe(messages);
    const spec = fromSpecJson(JSON.parse(readFileSync(perpetuals.specFile, "utf8")));
    expect(spec).toEqual(perpetuals.spec);
  });

  test("the L1 goes on without transactions, and its finalized block follows", async () => {
    const before = await provider.getBlock("finalized");
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      void provider.getBlock("finalized").then((block) => {
        if ((block?.number ?? 0) > (before?.number ?? 0)) resolve();
      });
    }, 200);
    await promise;
    clearInterval(timer);
    expect((await provider.getBlock("finalized"))?.number).toBeGreaterThan(before?.number ?? 0);
  });

  async function contract(name: string, address: string): Promise<Contract> {
    const { abi } = await readArtifact(root, name);
    return new Contract(address, [...abi], provider);
  }
});

test("contracts that are not built are named with what to do", async () => {
  await expect(readArtifact(root, "Nothing")).rejects.toMatchObject({
    code: "CONTRACTS_NOT_BUILT",
  });
});

function committeeOf(secrets: readonly Uint8Array[]): Committee {
  return {
    epoch: Epoch(0),
    members: secrets.map((secret) => ({
      publicKey: nobleBls.publicKey(secret),
      networkKey: nobleNetworkSignatures.publicKey(secret),
      verificationKey: new Uint8Array(96),
    })),
    sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
  };
}

function secretOf(seed: number): Uint8Array {
  const secret = keccak256(u64Bytes(seed));
  // Below the order of the group, whose first byte is 0x73.
  secret[0] = 0x1a;
  expect(toHex(secret)).toHaveLength(64);
  return secret;
}
