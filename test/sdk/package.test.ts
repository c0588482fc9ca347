// The package as a customer gets it: compiled, packed, unpacked into an empty folder, type-checked against and run.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toGenesisJson } from "../../protocol/index.ts";
import { genesis } from "./chain.ts";

const tsc = resolve("node_modules/typescript/bin/tsc");
let folder: string;
let installed: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-sdk-"));
  const source = join(folder, "source");
  mkdirSync(source);
  for (const file of ["package.json", "README.md"]) cpSync(`sdk/${file}`, join(source, file));
  run(process.execPath, [tsc, "-p", "sdk", "--outDir", join(source, "dist")]);
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], source);
  installed = join(folder, "node_modules/@conclave/sdk");
  mkdirSync(installed, { recursive: true });
  const [tarball = ""] = globSync(join(folder, "*.tgz"));
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  symlinkSync(resolve("node_modules/@noble"), join(folder, "node_modules/@noble"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

test("it holds the SDK with what is below it, and reaches nothing but @noble", () => {
  const folders = new Set(globSync("*/", { cwd: join(installed, "dist") }));
  expect(folders).toEqual(new Set(["base", "crypto", "protocol", "sdk"]));
  const declared = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const ours = JSON.parse(readFileSync("package.json", "utf8")) as typeof declared;
  const files = globSync("dist/**/*.js", { cwd: installed });
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const code = readFileSync(join(installed, file), "utf8").replace(
      /\/\*[\s\S]*?\*\/|\/\/.*/g,
      "",
    );
    for (const [, name = ""] of code.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)) {
      if (name.startsWith(".")) continue;
      const [dependency = ""] = /^@noble\/[a-z]+/.exec(name) ?? [];
      expect(declared.dependencies[dependency], `${file} imports ${name}`).toBeDefined();
      expect(declared.dependencies[dependency]).toBe(ours.dependencies[dependency]);
    }
    expect(/(?<!\.)\b(?:Buffer|process)\b[.(]/.exec(code), file).toBeNull();
  }
});

test("it runs where it is installed: it seals, and refuses another genesis", () => {
  writeFileSync(
    join(folder, "main.js"),
    `import { ConclaveClient, fromGenesisJson, Height, keySigner, Namespace, sealTransaction, transactionId, toHex }
       from "@conclave/sdk";
     const genesis = fromGenesisJson(${JSON.stringify(toGenesisJson(genesis))});
     const network = await new ConclaveClient({ endpoints: ["http://127.0.0.1:9"], genesis }).network();
     const transaction = await sealTransaction({
       network,
       envelope: { namespace: Namespace(0), nonce: 1, expiry: Height(9), feeCap: 1 },
       payload: new Uint8Array(100),
       signer: keySigner(new Uint8Array(32).fill(1)),
     });
     let code;
     try { fromGenesisJson({}); } catch (error) { code = error.code; }
     console.log(JSON.stringify({ bytes: transaction.body.length, id: toHex(transactionId(transaction)), code }));`,
  );
  const printed = JSON.parse(run(process.execPath, ["main.js"], folder)) as Record<string, unknown>;
  expect(printed).toMatchObject({ bytes: 128 + 133, code: "BAD_GENESIS" });
  expect(printed["id"]).toMatch(/^[0-9a-f]{64}$/);
});

test("its types hold for a strict customer, and stop one who mixes up a height and a namespace", () => {
  const check = (name: string, call: string): string => {
    writeFileSync(
      join(folder, `${name}.ts`),
      `import { ConclaveClient, Height, Namespace, type VerifiedBlock } from "@conclave/sdk";
       const client = new ConclaveClient({ endpoints: ["https://a.example"], genesis: { hash: new Uint8Array(32) } });
       export async function first(): Promise<VerifiedBlock | undefined> {
         for await (const block of client.follow(${call})) return block;
         return undefined;
       }`,
    );
    const options =
      "--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --lib es2024,dom";
    return run(process.execPath, [tsc, ...options.split(" "), `${name}.ts`], folder);
  };
  expect(check("right", "Namespace(1), { from: Height(5) }")).toBe("");
  expect(() => check("wrong", "Height(1)")).toThrow(/Height/);
});

/** What it prints; throws with that when it fails. */
function run(program: string, args: readonly string[], cwd?: string): string {
  try {
    return execFileSync(program, args, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed: ${stdout}${stderr}`, { cause: error });
  }
}
