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
