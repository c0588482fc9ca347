import { join, relative } from "node:path";
import { type Devnet, logsOf } from "./devnet.ts";

/** Where everything is, and what to do next. */
export function welcome({ place, l1, validators, deployment }: Devnet): string {
  const here = (path: string): string => relative(process.cwd(), path);
  const urls = validators.map(({ api }) => api.url);
  return `
  L1            ${l1.url}, Hub ${deployment.hub}
  validators    ${urls.join(" ")}
  description   ${urls[0]}/openapi.json
  logs          ${here(logsOf(place.folder))}

  In another terminal:

    export CONCLAVE_GENESIS=${here(join(place.folder, "genesis.json"))}
    export CONCLAVE_NODES=${urls.join(",")}
    npm run -s conclave -- status
    npm run -s conclave -- follow --namespace 0
    KEY=$(openssl rand -hex 32) npm run -s conclave -- submit --namespace 0 --payload hello --key env:KEY --wait

  Ctrl-C stops everything.
`;
}
