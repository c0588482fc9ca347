import { join, relative } from "node:path";
import { type Devnet, logsOf } from "./devnet.ts";
import type { PerpetualsDeployment } from "./perpetuals/deployment.ts";
import { exchangeUrl } from "./perpetuals/session.ts";

/** Where everything is, and what to do next. */
export function welcome(devnet: Devnet): string {
  const { place, l1, validators, deployment, perpetuals } = devnet;
  const here = (path: string): string => relative(process.cwd(), path);
  const urls = validators.map(({ api }) => api.url);
  return `
  L1            ${l1.url}, Hub ${deployment.hub}
  validators    ${urls.join(" ")}
  description   ${urls[0]}/openapi.json
  logs          ${here(logsOf(place.folder))}
${perpetuals === undefined ? "" : exchangeWelcome(perpetuals)}
  In another terminal:

    export CONCLAVE_GENESIS=${here(join(place.folder, "genesis.json"))}
    export CONCLAVE_NODES=${urls.join(",")}
    npm run -s conclave -- status
    npm run -s conclave -- follow --namespace 0
    KEY=$(openssl rand -hex 32) npm run -s conclave -- submit --namespace 0 --payload hello --key env:KEY --wait

  Ctrl-C stops everything.
`;
}

function exchangeWelcome(perpetuals: PerpetualsDeployment): string {
  const url = exchangeUrl(perpetuals);
  return `
  EXCHANGE      ${url}/ in a browser: bots trade BTC-PERP and ETH-PERP, sealed like everybody
  trade too     paste this key there, whose account has 10,000 USDC: ${perpetuals.visitorKey}
                buy, and wait: the prices crash now and then (--path crash: at once)
  for programs  ${url}/openapi.json describes it, ${url}/v1/markets shows the prices
`;
}
