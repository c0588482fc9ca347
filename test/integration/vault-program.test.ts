// The program that settles a rollup, as an operator starts it, on a real L1.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContractFactory } from "ethers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { toGenesisJson } from "../../protocol/index.ts";
import { genesisState } from "../../rollup/engine/index.ts";
import { toSpecJson } from "../../rollup/node/index.ts";
import { StateTrees } from "../../rollup/state/index.ts";
import { chunkKinds } from "../../rollup/proofs/index.ts";
import { VaultClient } from "../../rollup/settlement/index.ts";
import { hexJson, keccak256 } from "../../sdk/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { type Line, type Program, startProgram } from "../rollup/node/program.ts";
import { RollupChain, signed, spec } from "../rollup/node/specs.ts";
import { genesis } from "../sdk/chain.ts";
import { MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";
import { limit } from "../rollup/engine/world.ts";
import { bytes, certify, root, type TestL1, World } from "./settlement-l1.ts";

const world = new World();
const folder = mkdtempSync(join(tmpdir(), "vault-program-"));
const chain = new RollupChain();
const programs: Program[] = [];
const accounts = { proposer: 5, liar: 6, guardian: 7 } as const;
let l1: TestL1;
let api: Api | undefined;
let vault: Uint8Array;

beforeAll(async () => {
  await world.build();
  l1 = await world.start();
  await l1.ask("evm_setAutomine", true);
  vault = await deployVault();
  await chain.open();
  await chain.add(signed(0, { actions: [limit(true, 600_000, 5)] }));
  const options = { host: "127.0.0.1", port: 0, logger: silentLogger };
  const gateway = new MemoryGateway(chain.chain, 0);
  api = await createApi({ gateway, metricsText: () => Promise.resolve(""), ...options });
  writeFileSync(join(folder, "genesis.json"), JSON.stringify(toGenesisJson(genesis)));
  writeFileSync(join(folder, "spec.json"), JSON.stringify(toSpecJson({ ...spec, vault })));
}, 300_000);

afterAll(async () => {
  for (const { process } of programs) process.kill("SIGKILL");
  await Promise.all(programs.map(({ exited }) => exited));
  await api?.close();
  await world.destroy();
  rmSync(folder, { recursive: true });
});

test("the guardian vetoes a root that nobody could show to be wrong, and the truth takes its place", async () => {
  const guardian = start("guardian", "--guardian");
  expect(await guardian.until("settlement")).toMatchObject({ event: "right", index: 0 });
  const sequencer = l1.validator(0);
  sequencer.settlement.anchor(certify(world.deployment, 1, { batches: 2 }));
  await l1.mineUntil(async () => (await l1.batches(0)) === 2);
  const signer = devAccount(accounts.liar).connect(l1.provider);
  const client = new VaultClient({ provider: l1.provider, vault, signer });
  const { root: genesisRoot } = await client.proposal(0);
  const lie = {
    batch: 2,
    kind: chunkKinds.other,
    post: keccak256(vault),
    steps: new Uint8Array(0),
  };
  await client.propose(genesisRoot, 2, [lie]);
  const events = async (): Promise<unknown[]> => [
    (await guardian.until("settlement"))["event"],
    (await guardian.until("settlement"))["event"],
  ];
  expect(await events()).toEqual(["unprovable", "vetoed"]);

  const honest = start("proposer", "--every", "1");
  const proposed = (line: Line): boolean => line["event"] === "proposed";
  expect(await honest.until("settlement", proposed)).toMatchObject({ index: 1, batch: 2 });
  expect(await guardian.until("settlement")).toMatchObject({ event: "right", index: 1, batch: 2 });
  for (const program of [guardian, honest]) {
    program.process.kill("SIGTERM");
    expect(await program.until("final")).toMatchObject({ batches: 3 });
    expect(await program.exited).toBe(0);
  }
}, 90_000);

/** Of a role, whose key it is given. */
function start(role: keyof typeof accounts, ...args: readonly string[]): Program {
  const key = join(folder, role);
  writeFileSync(key, devAccount(accounts[role]).privateKey);
  const places = ["--genesis", join(folder, "genesis.json"), "--spec", join(folder, "spec.json")];
  const world = ["--endpoints", api?.url ?? "", "--l1", l1.url, "--key", key, "--json"];
  const program = startProgram("rollup/settlement/main.ts", ...places, ...world, ...args);
  programs.push(program);
  return program;
}

/** Of the first rollup. */
async function deployVault(): Promise<Uint8Array> {
  const { settlements, token } = world.deployment;
  const signer = devAccount(0).connect(l1.provider);
  const deploy = async (source: string, ...values: readonly unknown[]): Promise<string> => {
    const { abi, bytecode } = await readArtifact(root, source);
    const contract = await new ContractFactory([...abi], bytecode, signer).deploy(...values);
    await contract.waitForDeployment();
    return contract.getAddress();
  };
  const steps = await deploy("derivatives/Steps", settlements[0]);
  const state = genesisState(spec.parameters);
  const genesisRoot = hexJson(new StateTrees(spec.rollupId, state, []).root);
  const day = 24 * 3600;
  const terms = {
    owner: signer.address,
    guardian: devAccount(accounts.guardian).address,
    bond: 1_000n,
    challengeWindow: day,
    escapeDelay: day,
    timelock: day,
    outflowWindow: day,
    outflowMax: 1_000n,
  };
  const address = await deploy(
    "derivatives/Vault",
    settlements[0],
    token,
    steps,
    genesisRoot,
    terms,
    [],
  );
  const minted = await l1.contract("devnet/FeeToken", token, 0);
  for (const account of [accounts.proposer, accounts.liar]) {
    await (await minted.getFunction("mint").send(devAccount(account).address, 10_000n)).wait();
    const staked = await l1.contract("devnet/FeeToken", token, account);
    await (await staked.getFunction("approve").send(address, 10_000n)).wait();
  }
  return bytes(address);
}
