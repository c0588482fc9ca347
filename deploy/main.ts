// npm run deploy: the contracts of a network, by Hardhat Ignition. Its journal stands in deploy/ignition/deployments/, one
// folder for each id, so a run that was interrupted goes on where it stopped when it is given again.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { CodedError } from "../base/index.ts";
import { fromCommitteeJson } from "../protocol/index.ts";
import { committeeHashOf } from "./devnet/contracts.ts";

const root = join(import.meta.dirname, "..");

const seconds = z.int().min(1);

/** The file of --parameters. */
const schema = z.strictObject({
  /** What is staked and paid with; without it a token for trying things out is deployed. */
  token: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .optional(),
  /** Of the token's smallest unit. */
  stakeMin: z.int().min(1),
  epoch: seconds,
  firstEpoch: seconds,
  unbonding: seconds,
});

interface Options {
  readonly committee: string;
  readonly parameters: string;
  readonly network: string;
  readonly deploymentId: string;
  readonly out: string;
}

const help = `
Example:
  CONCLAVE_L1_RPC_URL=… CONCLAVE_L1_KEY=0x… npm run deploy -- \\
    --committee net/committee.json --parameters parameters.json --out contracts.json

parameters.json: { "token": "0x…", "stakeMin": 100000000, "epoch": 86400, "firstEpoch": 86400, "unbonding": 1814400 }
Give the same command again after an interruption: what is deployed stays, and the rest follows.`;

const program = new Command("npm run deploy --")
  .description(
    "Deploys Hub, Stake, Rollups and Bundle, and writes the addresses that genesis needs.",
  )
  .requiredOption("--committee <file>", "of `conclave genesis keys`: who validates first")
  .requiredOption("--parameters <file>", "JSON, see below")
  .option("--network <name>", "of hardhat.config.ts; `l1` is told by variables", "l1")
  .option("--deployment-id <id>", "of the journal that is gone on with", "conclave")
  .requiredOption("--out <file>", "where the addresses are written")
  .addHelpText("after", help)
  .action(deploy);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  console.error(`deploy: ${error.message} (${error.code})`);
  process.exitCode = 1;
}

async function deploy(options: Options): Promise<void> {
  const { token, ...rest } = await parametersOf(options.parameters);
  const committee = committeeHashOf(fromCommitteeJson(await readJson(options.committee)));
  const values = { ...rest, committee, ...(token === undefined ? {} : { token }) };
  const folder = await mkdtemp(join(tmpdir(), "conclave-deploy-"));
  try {
    const path = join(folder, "parameters.json");
    await writeFile(path, JSON.stringify({ Conclave: values }));
    await runIgnition(token === undefined ? "conclave-with-token" : "conclave", path, options);
  } finally {
    await rm(folder, { recursive: true });
  }
  const deployed = await deployedBy(options.deploymentId);
  await writeFile(options.out, `${JSON.stringify({ token, ...deployed }, undefined, 2)}\n`);
  console.log(`the addresses are in ${options.out}: give them to \`conclave genesis build\``);
}

async function runIgnition(
  name: string,
  parameters: string,
  { network, deploymentId }: Options,
): Promise<void> {
  const args = [
    join(root, "node_modules", "hardhat", "dist", "src", "cli.js"),
    "--build-profile",
    "default",
    "--network",
    network,
    "ignition",
    "deploy",
    "--parameters",
    parameters,
    "--deployment-id",
    deploymentId,
    `deploy/ignition/modules/${name}.ts`,
  ];
  // Whoever gave the command has said what is to be done.
  const env = { ...process.env, HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: "false" };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => child.kill(signal));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0)
    throw new CodedError(
      "NOT_DEPLOYED",
      "the deployment has stopped: mend what it says, and run again",
    );
}

/** The addresses, and the block before the first of them. */
async function deployedBy(id: string): Promise<object> {
  const folder = join(root, "deploy", "ignition", "deployments", id);
  const addresses = (await readJson(join(folder, "deployed_addresses.json"))) as Readonly<
    Record<string, string>
  >;
  const journal = await readFile(join(folder, "journal.jsonl"), "utf8");
  const blocks = [...journal.matchAll(/"blockNumber":(\d+)/g)].map(([, number]) => Number(number));
  const names = Object.entries(addresses).map(([future, address]) => {
    const name = future.split("#")[1] ?? future;
    return [name === "FeeToken" ? "token" : name.toLowerCase(), address] as const;
  });
  return { ...Object.fromEntries(names), l1Start: Math.min(...blocks) - 1 };
}

async function parametersOf(path: string): Promise<z.infer<typeof schema>> {
  const parsed = schema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError("BAD_PARAMETERS", `${path}: ${issue?.path.join(".")} ${issue?.message}`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(resolve(path), "utf8"));
  } catch (cause) {
    throw new CodedError("FILE_UNREADABLE", `${path} cannot be read as JSON`, { cause });
  }
}
