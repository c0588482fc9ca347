// What the commands do, as the composition root gives it to them. A command reads its arguments, calls one action, and
// shows the result.

import type { ConfigSources, SecretSource } from "../config.ts";
import type { GenesisRequest } from "../genesis-files.ts";

/** Plain data: shown as lines, or as JSON. */
export type Result = Readonly<Record<string, unknown>>;

export interface Actions {
  readonly version: string;
  /** The folder with the programs of the commands that need no node: `submit.ts` and so on. */
  readonly clientFolder: string;
  /** Runs until it is told to stop. */
  startNode(sources: ConfigSources): Promise<void>;
  printConfig(sources: ConfigSources, options: { readonly redact: boolean }): Promise<Result>;
  makeCommittee(request: {
    readonly folder: string;
    readonly validators: number;
    readonly dealsSealingKey: boolean;
  }): Promise<Result>;
  makeGenesis(request: GenesisRequest): Promise<Result>;
  describeGenesis(path: string): Promise<Result>;
  makeKey(request: MakeKey): Promise<Result>;
  listKeys(paths: readonly string[]): Promise<readonly KeyListing[]>;
  moveKey(request: KeyMove): Promise<Result>;
  exportSafety(sources: ConfigSources, to: { readonly out: string }): Promise<Result>;
  importSafety(sources: ConfigSources, from: { readonly from: string }): Promise<Result>;
  initSafety(sources: ConfigSources): Promise<Result>;
}

export interface MakeKey {
  readonly type: "validator" | "network";
  readonly out: string;
  readonly password: SecretSource;
  readonly derivation: "scrypt" | "pbkdf2";
}

/** A keystore read under one password and written under another, for another tool or another machine. */
export interface KeyMove {
  readonly from: string;
  readonly password: SecretSource;
  readonly out: string;
  readonly newPassword: SecretSource;
  readonly derivation: "scrypt" | "pbkdf2";
}

export interface KeyListing {
  readonly path: string;
  readonly type: string;
  /** The public key, or of a key share the key and the seat. */
  readonly key: string;
}
