// Disks that really fail: each validator's data directory is a file system of its own in memory, whose size can be
// taken away and which can be made read-only. They are mounted in a mount namespace of this process and those it starts,
// so that none is left behind however it ends.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, renameSync, rmSync, statfsSync } from "node:fs";

const inside = "CONCLAVE_E2E_DISKS";

/** With a user namespace, nobody needs to be root; where that is forbidden, root needs none. */
const ways: readonly (readonly string[])[] = [
  ["--mount", "--propagation", "private"],
  ["--user", "--map-root-user", "--mount", "--propagation", "private"],
];

/** Whether disks can be mounted here. */
export function hasDisks(): boolean {
  return process.env[inside] === "yes";
}

/**
 * Runs this program once more where it may mount disks, and resolves with its exit code; with undefined when it is there
 * already, or when this machine has no such place.
 */
export async function runWithDisks(): Promise<number | undefined> {
  if (process.env[inside] !== undefined) return undefined;
  const way = ways.find((options) => mayMount(options));
  if (way === undefined) return undefined;
  const child = spawn("unshare", [...way, process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, [inside]: "yes" },
    // What the terminal interrupts is this process alone, which passes it on: heard twice, it would mean "at once".
    detached: true,
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

function mayMount(options: readonly string[]): boolean {
  const attempt = [...options, "mount", "-t", "tmpfs", "none", "/tmp"];
  return spawnSync("unshare", attempt, { stdio: "ignore" }).status === 0;
}

/** A size that a validator does not come near in the time that a run may take, bytes; memory is taken only as it fills. */
const spaciousBytes = 4_294_967_296;
const attemptsMax = 20;

export class Disk {
  readonly #path: string;

  /** Makes the folder and mounts it. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(path, { recursive: true });
    mount("-t", "tmpfs", "-o", `size=${spaciousBytes}`, "conclave-e2e", path);
  }

  /** Leaves not a byte, from now on. */
  fill(): void {
    // While somebody goes on writing, it may be too small by the time it is asked for.
    for (let attempt = 1; ; attempt++)
      try {
        const { blocks, bfree, bsize } = statfsSync(this.#path);
        this.#remount(`size=${(blocks - bfree) * bsize}`);
        return;
      } catch (error) {
        if (attempt === attemptsMax) throw error;
      }
  }

  /** Only while nobody has a file of it open for writing. */
  makeReadOnly(): void {
    this.#remount("ro");
  }

  mend(): void {
    this.#remount(`rw,size=${spaciousBytes}`);
  }

  /** When nobody uses it any more; what is on it goes with it unless it is to be kept. */
  close({ isKept }: { readonly isKept: boolean }): void {
    const copy = `${this.#path}.kept`;
    if (isKept) cpSync(this.#path, copy, { recursive: true });
    execFileSync("umount", [this.#path], { stdio: "pipe" });
    if (!isKept) return;
    rmSync(this.#path, { recursive: true });
    renameSync(copy, this.#path);
  }

  #remount(options: string): void {
    mount("-o", `remount,${options}`, this.#path);
  }
}

function mount(...args: readonly string[]): void {
  execFileSync("mount", args, { stdio: "pipe" });
}
