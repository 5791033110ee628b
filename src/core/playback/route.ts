// How an address is found on a pathway: everything of one presentation lies under one prefix per pathway.

export type Route = { readonly pathwayId: string; readonly prefix: string };
