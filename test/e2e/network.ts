// The network that is tormented: the devnet's processes, with a proxy on every link and, where possible, a disk of its
// own for every validator.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { homeOf, type Place } from "../../deploy/devnet/committee.ts";
import { type Devnet, startDevnet } from "../../deploy/devnet/devnet.ts";
import type { Processes } from "../../deploy/devnet/processes.ts";
import type { Validator } from "../../deploy/devnet/validators.ts";
import { Disk, hasDisks } from "./disks.ts";
import { Links } from "./links.ts";

export interface TormentedNetwork {
  readonly devnet: Devnet;
  readonly links: Links;
  /** By validator; none where disks cannot be mounted. */
  readonly disks: readonly Disk[];
}

export interface TormentedOptions {
  readonly validators: number;
  /** Takes the disks as they are mounted: they are the caller's to close. */
  readonly disks: Disk[];
  readonly say: (line: string) => void;
}

/** Throws what `startDevnet` throws; the processes are the caller's to stop, before the disks. */
export async function startTormented(
  place: Place,
  processes: Processes,
  { validators, disks, say }: TormentedOptions,
): Promise<TormentedNetwork> {
  let links: Links | undefined;
  const devnet = await startDevnet(place, processes, {
    validators,
    dealsSealingKey: true,
    usualPorts: false,
    say,
    beforeStart: async (ports) => {
      links = await Links.open(ports);
      for (const index of ports.keys()) {
        await route(place.folder, index, links);
        if (hasDisks()) disks.push(new Disk(dataOf(place.folder, index)));
      }
    },
  });
  if (links === undefined) throw new Error("the devnet starts nothing before it asks");
  return { devnet, links, disks };
}

/** The validator of a place. */
export function validatorAt({ devnet }: TormentedNetwork, seat: number): Validator {
  const validator = devnet.validators[seat];
  if (validator === undefined) throw new Error(`there is no validator ${seat}`);
  return validator;
}

/** Has a validator dial its peers through the proxies. */
export async function route(folder: string, index: number, links: Links): Promise<void> {
  const path = join(homeOf(folder, index), "config.json");
  const config = JSON.parse(await readFile(path, "utf8")) as {
    readonly network: { readonly peers: readonly string[] };
  };
  const peers = links.addressesFor(index, config.network.peers[index] ?? "");
  const routed = { ...config, network: { ...config.network, peers } };
  await writeFile(path, `${JSON.stringify(routed, null, 2)}\n`);
}

function dataOf(folder: string, index: number): string {
  return join(homeOf(folder, index), "data");
}
