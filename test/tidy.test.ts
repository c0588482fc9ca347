// Holds the house to LAYOUT.md: who may import whom, through which door, and what a pure folder may touch.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** The floors of the building, lowest first. A folder imports only what its line names. */
const floors: Record<string, readonly string[]> = {
  base: [],
  crypto: ["base"],
  protocol: ["base", "crypto"],
  consensus: ["base", "crypto", "protocol"],
  mempool: ["base", "crypto", "protocol"],
  ledger: ["base", "crypto", "protocol"],
  epoch: ["base", "crypto", "protocol"],
  sdk: ["base", "crypto", "protocol"],
  rollup: ["sdk"],
  keystore: ["base", "crypto"],
  l1: ["base", "crypto", "protocol"],
  sequencer: ["base", "crypto", "protocol", "consensus", "mempool", "ledger", "epoch", "keystore"],
  cli: ["base", "protocol", "sdk", "keystore", "l1"],
};

/** Folders that do no I/O: no node: modules, no clock, no chance, nothing awaited. */
const pure = ["base", "crypto", "protocol", "consensus", "mempool", "ledger", "epoch"];
const impure =
  /\b(Date\.now|new Date|Math\.random|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|process\.|Buffer\b|getRandomValues|await |async )/;

/** The packages a folder may use; a folder that is not named here may use any. */
const packages: Record<string, RegExp> = {
  base: /^$/,
  crypto: /^@noble\//,
  protocol: /^$/,
  consensus: /^$/,
  mempool: /^$/,
  ledger: /^$/,
  epoch: /^$/,
  sdk: /^$/,
  keystore: /^(node:|@chainsafe\/bls-keystore$)/,
  l1: /^(node:|ethers$|zod$)/,
};

/** Files that meet the adapters of sequencer/; no other file there imports one, and no adapter another. */
const compositionRoots = ["sequencer/node.ts", "sequencer/main.ts", "sequencer/workers/worker.ts"];

/** What is started and not imported. */
const entries = [
  "sequencer/main.ts",
  "sdk/index.ts",
  "rollup/index.ts",
  "rollup/main.ts",
  "rollup/node/main.ts",
  "rollup/settlement/main.ts",
  "rollup/page/browser/main.ts",
  "rollup/signatures/worker.ts",
  "sequencer/workers/worker.ts",
  "cli/submit.ts",
  "cli/evidence.ts",
  "cli/follow.ts",
  "cli/status.ts",
  "cli/validator.ts",
  "cli/rollup.ts",
];

const files = Object.keys(floors).flatMap((folder) =>
  globSync(`${folder}/**/*.ts`, { exclude: ["**/dist/**"] }),
);

test("there is a house to look at", () => {
  expect(files.length).toBeGreaterThan(5);
});

test("folders import only from the floors below, and only through the front door", () => {
  const offences: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    for (const path of localImportsOf(file)) {
      const other = folderOf(path);
      if (other === folder) continue;
      if (!floors[folder]?.includes(other))
        offences.push(`${file}: ${folder}/ may not import ${other}/`);
      if (path !== join(other, "index.ts"))
        offences.push(`${file}: import ${other}/index.ts, not ${path}`);
    }
  }
  expect(offences).toEqual([]);
});

test("inside sequencer/ only the composition roots import adapters, and through their doors", () => {
  const adapterOf = (path: string): string | undefined => /^sequencer\/([^/]+)\//.exec(path)?.[1];
  const offences: string[] = [];
  for (const file of files.filter((each) => each.startsWith("sequencer/"))) {
    for (const path of localImportsOf(file)) {
      const adapter = adapterOf(path);
      if (adapter === undefined || adapter === adapterOf(file)) continue;
      if (!compositionRoots.includes(file)) offences.push(`${file} may not import ${path}`);
      if (path !== `sequencer/${adapter}/index.ts`)
        offences.push(`${file}: import the door of sequencer/${adapter}, not ${path}`);
    }
  }
  expect(offences).toEqual([]);
});

test("the engine of the rollup is entered by its door, is pure, and knows nothing of the rollup around it", () => {
  const engine = "rollup/engine/";
  const offences: string[] = [];
  for (const file of files.filter((each) => each.startsWith("rollup/"))) {
    const isInside = file.startsWith(engine);
    if (isInside && impure.test(codeOf(file))) offences.push(`${file} is not pure`);
    for (const path of localImportsOf(file)) {
      const goesOut = isInside && !path.startsWith(engine) && path !== "sdk/index.ts";
      const goesRound = !isInside && path.startsWith(engine) && path !== `${engine}index.ts`;
      if (goesOut || goesRound) offences.push(`${file} may not import ${path}`);
    }
    // Bigints are divided by the two divisions that say which way they round.
    const divides = isInside && !file.endsWith("/units.ts") && / \/ /.test(codeOf(file));
    if (divides) offences.push(`${file} divides by itself`);
  }
  expect(offences).toEqual([]);
});

test("a folder of the rollup is entered by its door", () => {
  const folderIn = (path: string): string | undefined => /^rollup\/([^/]+)\//.exec(path)?.[1];
  const offences = files
    .filter((file) => file.startsWith("rollup/"))
    .flatMap((file) =>
      localImportsOf(file)
        .filter((path) => folderIn(path) !== undefined && folderIn(path) !== folderIn(file))
        .filter((path) => path !== `rollup/${folderIn(path)}/index.ts`)
        .map((path) => `${file}: import the door of rollup/${folderIn(path)}, not ${path}`),
    );
  expect(offences).toEqual([]);
});

test("pure folders do no I/O and use no package that LAYOUT.md does not name", () => {
  const offences: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    if (pure.includes(folder) && impure.test(codeOf(file))) offences.push(`${file} is not pure`);
    const allowed = packages[folder];
    for (const name of importsOf(file).filter((each) => !each.startsWith(".")))
      if (allowed !== undefined && !allowed.test(name)) offences.push(`${file} imports ${name}`);
  }
  expect(offences).toEqual([]);
});

test("every file is imported by something", () => {
  const reached = new Set([...files, ...globSync("deploy/**/*.ts")].flatMap(localImportsOf));
  const doors = [
    ...Object.keys(floors).map((folder) => `${folder}/index.ts`),
    ...globSync("rollup/*/index.ts"),
  ];
  expect(
    files.filter((file) => !reached.has(file) && !entries.includes(file) && !doors.includes(file)),
  ).toEqual([]);
});

test("no marker of unfinished work is left behind", () => {
  const everything = [...files, ...globSync("{test,deploy,contracts}/**/*.{ts,sol}")];
  // Written so that this file does not find itself.
  const marker = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
  const focused = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:onl[y]|ski[p])\b/;
  const offences = everything.filter((file) => {
    const text = readFileSync(file, "utf8");
    return marker.test(text) || (file.endsWith(".test.ts") && focused.test(text));
  });
  expect(offences).toEqual([]);
});

test("no merge was left half done, in the pages as little as in the code", () => {
  const everything = globSync("**/*.{ts,mjs,sol,md,json,html,css}", {
    exclude: ["node_modules", ".node", "artifacts", "cache", "dist", "devnet-data"],
  });
  const marker = /^(?:<{7}|>{7}) /m;
  expect(everything.length).toBeGreaterThan(900);
  expect(everything.filter((file) => marker.test(readFileSync(file, "utf8")))).toEqual([]);
});

function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function localImportsOf(file: string): string[] {
  return importsOf(file)
    .filter((target) => target.startsWith("."))
    .map((target) => normalize(join(dirname(file), target)))
    .filter((path) => existsSync(path));
}

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
}

function codeOf(file: string): string {
  return readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, "");
}
