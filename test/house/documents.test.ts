// Documents speak of what is there: files, folders, commands.
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const documents = [...globSync("*.md"), ...globSync("docs/*.md")];
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};

test("every link inside the repository leads to a file", () => {
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(dirname(document), target)))
      .map((target) => `${document}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test("every npm command in a document is a script", () => {
  const missing = documents.flatMap((document) =>
    [...read(document).matchAll(/npm run (?:-s )?([\w:-]+)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${document}: npm run ${name}`),
  );
  expect(missing).toEqual([]);
});

test("LAYOUT.md shows every folder of the repository, and no other", () => {
  const shown = [...read("LAYOUT.md").matchAll(/^([a-z0-9]+)\/ {2,}/gm)].map(([, name]) => name);
  const ignored = read(".gitignore").split("\n");
  const there = readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .filter((name) => !ignored.includes(`${name}/`));
  expect(new Set(shown)).toEqual(new Set(there));
});

test("LAYOUT.md shows every adapter of the node", () => {
  const layout = read("LAYOUT.md");
  const adapters = readdirSync("sequencer", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${name}/`);
  expect(adapters.filter((adapter) => !layout.includes(adapter))).toEqual([]);
});

function read(path: string): string {
  return readFileSync(path, "utf8");
}
