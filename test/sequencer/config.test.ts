import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type ConfigSources,
  flagOf,
  loadConfig,
  type NodeConfig,
  parseConfig,
  redactConfig,
  settings,
  variableOf,
} from "../../sequencer/config.ts";

const least = {
  validator: 2,
  keys: { password: { file: "password" } },
  network: { peers: ["/ip4/127.0.0.1/tcp/9000"] },
  l1: { rpcUrl: "http://127.0.0.1:8545" },
};

function read(json: unknown, sources: Partial<ConfigSources> = {}): NodeConfig {
  return parseConfig(json, {
    path: "/etc/conclave/config.json",
    environment: {},
    flags: {},
    ...sources,
  });
}

test("what is left out has a default, and paths are seen from the file's folder", () => {
  expect(read(least)).toMatchObject({
    dataDirectory: "/etc/conclave/data",
    genesis: "/etc/conclave/genesis.json",
    keys: {
      validator: "/etc/conclave/validator.json",
      keyShare: "/etc/conclave/key-share.json",
      password: { file: "/etc/conclave/password" },
    },
    api: { host: "127.0.0.1", port: 8080 },
    log: { level: "info" },
  });
});

test("a flag wins over a variable, a variable over the file, and the file over the default", () => {
  const file = { ...least, api: { port: 1 } };
  const environment = { CONCLAVE_API_PORT: "2" };
  expect(read(file).api).toEqual({ host: "127.0.0.1", port: 1 });
  expect(read(file, { environment }).api.port).toBe(2);
  expect(read(file, { environment, flags: { "api.port": "3" } }).api.port).toBe(3);
});

test("each setting has a variable and a flag of its own", () => {
  expect(variableOf({ path: "l1.rpcUrl" })).toBe("CONCLAVE_L1_RPC_URL");
  expect(flagOf({ path: "keys.password.file" })).toBe("--keys-password-file");
  expect(new Set(settings.map(variableOf)).size).toBe(settings.length);
  for (const setting of settings) {
    const value = setting.kind === "number" ? "7" : "/ip4/1.2.3.4/tcp/7";
    const texts: Readonly<Record<string, string>> = {
      "l1.rpcUrl": "wss://l1",
      "log.level": "warn",
      "l1.bundle": `0x${"ab".repeat(20)}`,
      "storage.retentionHeights": "1024",
    };
    const text = texts[setting.path] ?? value;
    const config = read(least, { environment: { [variableOf(setting)]: text } });
    expect(JSON.stringify(config)).toContain(text);
  }
});

test("a node without a place in genesis is no error: it joins later, or follows", () => {
  expect(read({ ...least, validator: undefined }).validator).toBeUndefined();
});

test("a password file from the environment takes the place of a variable that the file names", () => {
  const file = { ...least, keys: { password: { variable: "PASSWORD" } } };
  expect(read(file).keys.password).toEqual({ variable: "PASSWORD" });
  const environment = { CONCLAVE_KEYS_PASSWORD_FILE: "/run/secrets/password" };
  expect(read(file, { environment }).keys.password).toEqual({ file: "/run/secrets/password" });
});

test.each([
  [{ ...least, api: { prot: 1 } }, "api.prot in /etc/conclave/config.json: there is no such"],
  [{ ...least, extra: 1 }, "extra in /etc/conclave/config.json: there is no such"],
  [
    { ...least, api: { port: 65_536 } },
    "api.port (in /etc/conclave/config.json) must be an integer",
  ],
  [{ ...least, storage: { retentionHeights: 1_023 } }, "must be an integer from 1024 on"],
  [{ ...least, validator: 128 }, "validator (in /etc/conclave/config.json) must be an integer"],
  [{ ...least, network: { ...least.network, observers: ["ab"] } }, "network.observers.0"],
  [{ ...least, l1: {} }, "l1.rpcUrl (in /etc/conclave/config.json) must be an http"],
  [{ ...least, l1: { rpcUrl: "file:///etc/passwd" } }, "l1.rpcUrl"],
  [{ ...least, network: { peers: ["127.0.0.1:9000"] } }, "network.peers.0 (in /etc/conclave"],
  [
    { ...least, keys: { password: "hunter2" } },
    'keys.password (in /etc/conclave/config.json) must be { "file"',
  ],
  [{ ...least, keys: undefined }, "keys (in /etc/conclave/config.json) is missing"],
  [{ ...least, log: { level: "loud" } }, "log.level (in /etc/conclave/config.json) must be debug"],
  ["text", "must hold one JSON object"],
])("%j is refused with the setting's name", (json, complaint) => {
  expect(() => read(json)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => read(json)).toThrow(complaint);
});

test("a secret that was written where its place belongs is not repeated in the complaint", () => {
  const message = complaintOf({ ...least, keys: { password: "hunter2" } });
  expect(message).not.toContain("hunter2");
});

test("a wrong variable or flag is named as such", () => {
  const environment = { CONCLAVE_API_PORT: "many" };
  expect(() => read(least, { environment })).toThrow("api.port (CONCLAVE_API_PORT) must be");
  expect(() => read(least, { flags: { "log.level": "loud" } })).toThrow("log.level (--log-level)");
});

test("printing leaves no credentials of the L1 to see", () => {
  const config = read({ ...least, l1: { rpcUrl: "https://me:secret@l1.example/v3/token" } });
  expect(redactConfig(config).l1.rpcUrl).toBe("https://l1.example/...");
});

test("a file that is not there or not JSON says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "conclave-config-"));
  const path = join(folder, "config.json");
  try {
    const load = (): Promise<NodeConfig> => loadConfig({ path, environment: {}, flags: {} });
    await expect(load()).rejects.toThrow("cannot be read");
    writeFileSync(path, "{");
    await expect(load()).rejects.toThrow("is not JSON");
    writeFileSync(path, JSON.stringify(least));
    expect((await load()).dataDirectory).toBe(join(folder, "data"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function complaintOf(json: unknown): string {
  try {
    read(json);
    return "";
  } catch (error) {
    return String(error);
  }
}
