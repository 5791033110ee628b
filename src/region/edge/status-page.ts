// The status page: what the snapshot tells the public of incidents, as HTML without a script and as JSON. Every edge
// shows it, also while control and whole regions are away; it says as of when.

import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { PublicNotice } from '#contract/status.ts';

const IMPACTS: Readonly<Record<'none' | PublicNotice['impact'], string>> = {
  none: 'Works',
  degraded: 'Problems',
  outage: 'Does not work',
};

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --bad: #b45309; --worst: #c0362c; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
ul { list-style: none; padding: 0; border-top: 1px solid var(--line); }
li { display: flex; justify-content: space-between; padding: .5rem 0; border-bottom: 1px solid var(--line); }
.none { color: var(--good); } .degraded { color: var(--bad); } .outage { color: var(--worst); }
time { opacity: .7; font-size: .85rem; } article p { margin: .25rem 0; }
@media (prefers-color-scheme: dark) { :root { --good: #4ade80; --bad: #fbbf24; --worst: #f87171; } }
`;

interface Component {
  readonly name: string;
  readonly impact: 'none' | PublicNotice['impact'];
}

export interface StatusDocument {
  readonly title: string;
  /** When control published it; null: this edge has never heard of control. */
  readonly asOfMs: number | null;
  readonly components: readonly Component[];
  readonly notices: readonly PublicNotice[];
}

/** What this edge knows for the public. */
export function statusDocument(snapshot: WorldSnapshot | null | undefined): StatusDocument {
  const notices = snapshot?.status?.notices ?? [];
  const current = notices.filter(({ updates }) => updates[0]?.state !== 'resolved');
  const components = (snapshot?.regions ?? []).map(({ id, name }): Component => {
    const own = current.filter(({ regionIds }) => regionIds.length === 0 || regionIds.includes(id));
    const isOut = own.some(({ impact }) => impact === 'outage');
    return { name, impact: isOut ? 'outage' : own.length > 0 ? 'degraded' : 'none' };
  });
  return {
    title: snapshot?.status?.title ?? 'Status',
    asOfMs: snapshot?.publishedAtMs ?? null,
    components,
    notices,
  };
}

/** The page. */
export function statusPage({ title, asOfMs, components, notices }: StatusDocument): string {
  const isAllGood = components.every(({ impact }) => impact === 'none');
  const headline = asOfMs === null ? 'Not known yet' : isAllGood ? 'Everything works' : 'There are problems';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta http-equiv="refresh" content="60">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}: ${headline}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${headline}.${asOfMs === null ? '' : ` As of ${timeTag(asOfMs)}.`}</p>
<ul>
${components.map(({ name, impact }) => `<li><span>${escapeHtml(name)}</span><span class="${impact}">${IMPACTS[impact]}</span></li>`).join('\n')}
</ul>
${notices.map((notice) => noticeHtml(notice)).join('\n')}
</body>
</html>
`;
}

function noticeHtml({ title, impact, updates }: PublicNotice): string {
  const isOver = updates[0]?.state === 'resolved';
  return `<article>
<h2 class="${isOver ? 'none' : impact}">${escapeHtml(title)}</h2>
${updates.map(({ atMs, state, text }) => `<p><strong>${state}</strong> ${escapeHtml(text)} ${timeTag(atMs)}</p>`).join('\n')}
</article>`;
}

function timeTag(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
