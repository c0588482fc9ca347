import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/**
 * As many free ports of this machine, each the preferred one where that is free. All are held until the last is found,
 * so that none is given twice; another program could still take one before it is used.
 */
export async function freePorts(count: number, preferred?: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i++)
    servers.push(await listen(preferred === undefined ? undefined : preferred + i));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, "close");
    }),
  );
  return ports;
}

async function listen(preferred: number | undefined): Promise<Server> {
  const server = createServer();
  try {
    server.listen(preferred ?? 0, "127.0.0.1");
    await once(server, "listening");
    return server;
  } catch (error) {
    if (preferred === undefined) throw error;
    return listen(undefined);
  }
}
