// What Prometheus says of a process's metrics: promtool where it is installed (Debian: prometheus), and everywhere the rules
// of it that our names could break.

import { spawnSync } from 'node:child_process';

/** Every problem in a text of /metrics; empty when there is none. */
export function findMetricProblems(text: string): string[] {
  const problems: string[] = [];
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if ((type === 'counter') !== name.endsWith('_total')) problems.push(`${name} is a ${type}`);
    if (/_(?:ms|milliseconds|kb|mb|kbps|pct|percent)(?:_|$)/.test(name))
      problems.push(`${name} is not in a base unit`);
    if (!text.includes(`# HELP ${name} `)) problems.push(`${name} has no help`);
  }
  const tool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (tool.error === undefined && tool.status !== 0) problems.push(`promtool: ${tool.stderr}${tool.stdout}`);
  return problems;
}
