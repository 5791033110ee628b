// What the processes of the site bench tell each other.

export interface SiteEdge {
  readonly id: string;
  /** Of viewers. */
  readonly port: number;
  readonly nodeUrl: string;
}

export interface SitePlan {
  readonly originUrl: string;
  readonly edges: readonly SiteEdge[];
}

/** What all clients ask for. */
export const ASSET_ID = `ast_${'0'.repeat(26)}`;
export const SEGMENT = `default/${ASSET_ID}/v1/a1/v720/1.m4s`;
export const SEGMENT_BYTES = 300_000;
