// The types of values in a manifest: durations, ratios, byte ranges, addresses by template.
// Sources: ISO/IEC 23009-1, 5.3.9.4.4 (templates) and Annex B (schema); W3C XML Schema part 2 (xs:duration).

/** Seconds of an xs:duration without years and months, whose lengths differ; null when it is none. */
export function parseXmlDuration(text: string): number | null {
  const match = /^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,12})?)S)?)?$/.exec(
    text.trim(),
  );
  if (match === null || /^P$|T$/.test(text.trim())) return null;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = match;
  return Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}

/** `30`, `30000/1001`; null when it is neither. */
export function parseFrameRate(text: string): number | null {
  const match = /^(\d{1,9})(?:\/([1-9]\d{0,8}))?$/.exec(text);
  return match === null ? null : Number(match[1]) / Number(match[2] ?? 1);
}

/** `first-last` of a byte range; null when it is none. */
export function parseByteRange(text: string): { readonly offset: number; readonly length: number } | null {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  if (match === null || Number(match[2]) < Number(match[1])) return null;
  return { offset: Number(match[1]), length: Number(match[2]) - Number(match[1]) + 1 };
}

export interface TemplateValues {
  readonly representationId: string;
  readonly bandwidthBps: number | null;
  readonly number: number | null;
  readonly time: number | null;
}

/** What is wrong with a template, or null. */
export function templateProblem(template: string): string | null {
  const parts = template.split('$');
  if (parts.length % 2 === 0) return `a $ has no partner in ${template}`;
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0 || part === '') continue;
    const match = /^(RepresentationID|Number|Bandwidth|Time|SubNumber)(%0\d{1,2}d)?$/.exec(part);
    if (match === null) return `$${part}$ is not an identifier of a template`;
    if (match[1] === 'RepresentationID' && match[2] !== undefined) return `$${part}$ has a width`;
  }
  return null;
}

/** Which identifiers a template holds. */
export function templateIdentifiers(template: string): Set<string> {
  const inside = template.split('$').filter((_, index) => index % 2 === 1);
  return new Set(inside.map((part) => part.replace(/%.*$/, '')).filter((name) => name !== ''));
}

/** Fills in a template; identifiers without a value stay as they are. */
export function expandTemplate(template: string, values: TemplateValues): string {
  const known: Readonly<Record<string, string | number | null>> = {
    RepresentationID: values.representationId,
    Bandwidth: values.bandwidthBps,
    Number: values.number,
    Time: values.time,
  };
  return template.replace(
    /\$(?:([A-Za-z]+)(?:%0(\d{1,2})d)?)?\$/g,
    (whole, name?: string, width?: string) => {
      if (name === undefined) return '$';
      const value = known[name];
      if (value === undefined || value === null) return whole;
      return String(value).padStart(Number(width ?? 1), '0');
    },
  );
}
