// A copy of contracts and tests for forge, which sees branches that Hardhat does not, and where bugs can be planted.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../../../base/index.ts";

const root = join(import.meta.dirname, "../../..");

/** Hardhat's `Hub.sol/Hub` is forge's `Hub.sol:Hub`. */
const named = `    function _named(string memory path) private pure returns (string memory) {
        bytes memory name = bytes(path);
        uint256 last = name.length - 1;
        while (name[last] != "/") last--;
        name[last] = ":";
        return string(name);
    }
`;
const deployCode = `    function deployCode(string calldata path, bytes calldata arguments) external returns (address);`;

/** A folder of this name under cache/, in which a test deploys what forge has compiled. */
export class Stage {
  readonly folder: string;

  /** `leftOut`: paths that are not needed, and would take long to compile. */
  constructor(name: string, leftOut?: RegExp) {
    this.folder = join(root, "cache", name);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    for (const path of ["contracts", "test/contracts", "test/vectors", "foundry.toml", "solc.mjs"])
      cpSync(join(root, path), join(this.folder, path), {
        recursive: true,
        filter: (from) => !from.endsWith(".ts") && leftOut?.test(from) !== true,
      });
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    this.write(support, withForgeDeployment(this.read(support)));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.folder, path), content);
  }

  /** Its exit code, and all that it said. */
  run(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): { readonly status: number | null; readonly output: string } {
    const forge = join(root, "node_modules/.bin/forge");
    const env = { ...process.env, ...environment };
    const { status, stdout, stderr } = spawnSync(forge, args, {
      cwd: this.folder,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      env,
    });
    return { status, output: `${stdout}\n${stderr}` };
  }
}

const support = "test/contracts/support/Test.sol";

function withForgeDeployment(source: string): string {
  const body = /(function deployArtifact\([^{]*\{\n).*?\n {4}\}\n/s;
  assert(body.test(source), "Test.sol has a deployArtifact");
  return source
    .replace(
      body,
      `$1        deployed = vm.deployCode(_named(path), arguments);\n    }\n\n${named}`,
    )
    .replace("interface Vm {", `interface Vm {\n${deployCode}`);
}
