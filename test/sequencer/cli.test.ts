import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodedError, fromHex } from "../../base/index.ts";
import { fromGenesisJson } from "../../protocol/index.ts";
import { type Actions, runProgram } from "../../sequencer/cli/index.ts";
import { openKeyFile } from "../../keystore/index.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-cli-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Each command is a process, and a busy machine takes seconds to start one.
describe("the ceremony, as an operator runs it", { timeout: 90_000 }, () => {
  const hub = `0x${"11".repeat(20)}`;
  const facts = `--hub ${hub} --rollups 0x${"22".repeat(20)} --chain-id 31337 --l1-start 7 --l1-rpc-url http://127.0.0.1:8545`;
  let net: string;

  beforeAll(async () => {
    net = join(folder, "net");
    const keys = await start(`genesis keys --out ${net} --validators 4 --deal-sealing-key --json`);
    expect(keys).toMatchObject({ code: 0 });
    expect(keys.err).toContain("ONE MACHINE");
    expect(keys.err).toContain("The sealing key is dealt as well");
    expect(JSON.parse(keys.out)).toMatchObject({ validators: 4, quorum: 3 });
    expect(await start(`genesis build --out ${net} ${facts}`)).toMatchObject({ code: 0 });
  }, 60_000);

  test("leaves each validator a folder that only its owner reads, with keys that open", async () => {
    const genesis = fromGenesisJson(readJson(join(net, "genesis.json")));
    expect(genesis.committee.members).toHaveLength(4);
    expect(genesis.contracts.hub).toEqual(fromHex(hub));
    for (let index = 0; index < 4; index++) {
      const home = join(net, `validator-${index}`);
      for (const name of readdirSync(home).filter((each) => each !== "genesis.json"))
        expect(statSync(join(home, name)).mode & 0o777, name).toBe(0o600);
      expect(readJson(join(home, "genesis.json"))).toEqual(readJson(join(net, "genesis.json")));
    }
    const home = join(net, "validator-2");
    const password = { file: join(home, "password") };
    expect((await openKeyFile(join(home, "key-share.json"), "keyShare", password)).seat).toBe(3);
  });

  test("leaves configurations that a node accepts, with the ports of each", async () => {
    const config = join(net, "validator-2", "config.json");
    const { out, code } = await start(`config print --config ${config} --json`);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      validator: 2,
      dataDirectory: join(net, "validator-2", "data"),
      network: { listen: "/ip4/127.0.0.1/tcp/9002" },
      api: { port: 8082 },
    });
  });

  test("is not repeated over what is there", async () => {
    const keys = await start(`genesis keys --out ${net} --validators 4 --json`);
    expect(keys.code).toBe(1);
    expect(lastLine(keys.err)).toMatchObject({ error: { code: "FILE_EXISTS" } });
    const build = await start(`genesis build --out ${net} ${facts}`);
    expect(build).toMatchObject({ code: 1, out: "" });
    expect(build.err).toContain("FILE_EXISTS");
  });

  test("leaves the sealing key to the committee unless it is told to deal one", async () => {
    const own = join(folder, "own-key");
    const keys = await start(`genesis keys --out ${own} --validators 4`);
    expect(keys).toMatchObject({ code: 0 });
    expect(keys.err).not.toContain("The sealing key is dealt");
    expect(readdirSync(join(own, "validator-1"))).not.toContain("key-share.json");
    const never = await start(`genesis build --out ${own} ${facts} --parameter dkgWindow=0`);
    expect(never.err).toContain("dkgWindow");
    expect(await start(`genesis build --out ${own} ${facts}`)).toMatchObject({ code: 0 });
    expect(fromGenesisJson(readJson(join(own, "genesis.json"))).committee.sealing).toBeUndefined();
  });

  test("wants an address for every validator", async () => {
    const few = "--addresses /dns4/a/tcp/9000 /dns4/b/tcp/9000";
    const { code, err } = await start(`genesis build --out ${net} ${facts} ${few}`);
    expect(code).toBe(1);
    expect(err).toContain("4 validators");
  });

  test("ends with a file that can be checked and named", async () => {
    const { out, code } = await start(`genesis show ${net}/genesis.json --json`);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ chainId: 31_337, hub, validators: 4, quorum: 3 });
    const spoilt = join(folder, "spoilt.json");
    writeFileSync(spoilt, readFileSync(join(net, "genesis.json"), "utf8").replace("31337", '"x"'));
    expect((await start(`genesis show ${spoilt}`)).err).toContain("BAD_GENESIS");
  });

  test("has a genesis that a node checks in full before it starts", async () => {
    const home = join(net, "validator-1");
    const spoilt = join(folder, "spoilt-genesis.json");
    const genesis = readJson(join(home, "genesis.json")) as {
      committee: { members: { publicKey: string }[] };
    };
    for (const member of genesis.committee.members.slice(0, 1))
      member.publicKey = `0x${"00".repeat(48)}`;
    writeFileSync(spoilt, JSON.stringify(genesis));
    const { code, err } = await start(
      `node start --config ${home}/config.json --genesis ${spoilt}`,
    );
    expect(code).toBe(1);
    expect(err).toContain("committee.members[0].publicKey is not a valid key (BAD_GENESIS)");
  });

  test("has validators whose record of what they signed moves with their keys", async () => {
    const config = join(net, "validator-3", "config.json");
    const file = join(folder, "safety.json");
    const none = await start(`safety export --config ${config} --out ${file} --json`);
    expect(none.code).toBe(1);
    expect(lastLine(none.err)).toMatchObject({ error: { code: "SAFETY_MISSING" } });
    const begun = await start(`safety init --config ${config} --never-signed --json`);
    expect(JSON.parse(begun.out)).toMatchObject({ lastPrepare: 0, lastCheckpoint: 0 });
    expect((await start(`safety export --config ${config} --out ${file}`)).code).toBe(0);
    const text = readFileSync(file, "utf8").replace('"incarnation": 0', '"incarnation": 5');
    writeFileSync(file, text);
    const elsewhere = `--config ${config} --data-directory ${join(folder, "elsewhere")}`;
    const moved = await start(`safety import ${elsewhere} --in ${file} --json`);
    expect(JSON.parse(moved.out)).toMatchObject({ incarnation: 5 });
  });

  test("has keystores that list without their passwords, and move under others", async () => {
    const home = join(net, "validator-0");
    const { out } = await start(`keys list ${home} --json`);
    const listings = JSON.parse(out) as { type: string; key: string }[];
    expect(listings.map(({ type }) => type)).toEqual(["keyShare", "network", "validator"]);
    expect(listings[0]?.key).toBe("key 1, seat 1");

    const moved = join(folder, "moved.json");
    const rest = `--out ${moved} --new-password env:NEW_PASSWORD --derivation pbkdf2`;
    const wrong = await start(
      `keys export ${home}/network.json --password env:NEW_PASSWORD ${rest}`,
    );
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("KEYSTORE_PASSWORD_WRONG");
    const from = `${home}/network.json --password file:${home}/password`;
    expect(await start(`keys export ${from} ${rest}`)).toMatchObject({ code: 0 });
    const { out: after } = await start(`keys list ${moved} --json`);
    expect(JSON.parse(after)).toEqual([{ ...listings[1], path: moved }]);
  });
});

describe("the commands alone", () => {
  test.each([
    ["genesis keys --out x", "--validators"],
    ["genesis keys --out x --validators 129", "from 1 to 128"],
    ["keys generate --type pgp --out x --password env:X", "validator, network"],
    ["keys generate --type network --out x --password hunter2", "file:PATH or env:NAME"],
    ["genesis build --parameter speed=9", "viewTimeout"],
    ["config print --api-prot 1", "--api-prot"],
    ["safety init", "--never-signed"],
    ["safety export", "--out"],
    ["safety import", "--in"],
    ["dance", "dance"],
  ])("%s is misuse: exit code 2, and what is wrong", async (line, complaint) => {
    const { code, err, out } = await run(line);
    expect(code).toBe(2);
    expect(err).toContain(complaint);
    expect(out).toBe("");
  });

  test.each([
    "",
    "genesis",
    "genesis keys",
    "genesis build",
    "node start",
    "config print",
    "keys import",
    "safety export",
    "safety import",
    "safety init",
  ])("conclave %s --help says how, and is no failure", async (line) => {
    const { code, out } = await run(`${line} --help`.trim());
    expect(code).toBe(0);
    expect(out).toContain(`Usage: ${`conclave ${line}`.trim()}`);
  });

  test("what goes wrong is a code and what to do, as text or as JSON", async () => {
    const text = await run("genesis show x");
    expect(text).toMatchObject({ code: 1, out: "", err: "conclave: x is not there (NO_X)\n" });
    const json = await run("genesis show x --json");
    expect(JSON.parse(json.err)).toEqual({ error: { code: "NO_X", message: "x is not there" } });
  });

  test("a node that had to stop is a failure", async () => {
    expect(await run("node start")).toMatchObject({ code: 1, out: "" });
  });

  test("a flag reaches the action under its setting's name, and the file as it was given", async () => {
    const { out, code } = await run("config print --config a.json --l1-rpc-url http://l1 --json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ path: "a.json", flags: { "l1.rpcUrl": "http://l1" } });
  });

  test("for people a result is lines", async () => {
    const { out } = await run("config print --config a.json --workers 2");
    expect(out).toBe("path           a.json\nflags.workers  2\n");
  });
});

interface End {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** As a process. */
function start(line: string): Promise<End> {
  const env = { ...process.env, NEW_PASSWORD: "new" };
  const args = ["sequencer/main.ts", ...line.split(" ")];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** In this process, with actions that answer what they were asked. */
async function run(line: string): Promise<End> {
  let [out, err] = ["", ""];
  const code = await runProgram(echo, line.split(" "), {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

const echo: Actions = {
  version: "1.2.3",
  clientFolder: "cli",
  startNode: () => Promise.reject(new CodedError("NODE_STOPPED", "the node had to stop")),
  printConfig: ({ path, flags }) => Promise.resolve({ path, flags }),
  makeCommittee: (request) => Promise.resolve({ ...request }),
  makeGenesis: (request) => Promise.resolve({ ...request }),
  describeGenesis: (path) => Promise.reject(new CodedError("NO_X", `${path} is not there`)),
  makeKey: (request) => Promise.resolve({ ...request }),
  listKeys: () => Promise.resolve([]),
  moveKey: (request) => Promise.resolve({ ...request }),
  exportSafety: ({ path }, { out }) => Promise.resolve({ path, out }),
  importSafety: ({ path }, { from }) => Promise.resolve({ path, from }),
  initSafety: ({ path }) => Promise.resolve({ path }),
};

function lastLine(text: string): unknown {
  return JSON.parse(text.trim().split("\n").at(-1) ?? "");
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
