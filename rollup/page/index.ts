// The trading page, as files for whoever serves it.

export { type Asset, buildSite, pagePolicy } from "./site.ts";
