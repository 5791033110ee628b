// Every icon of the console, drawn on a grid of 16 in strokes of one weight.

const PATHS = {
  world:
    'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM1.8 8h12.4M8 1.8c1.8 1.7 2.7 3.8 2.7 6.2S9.8 12.5 8 14.2C6.2 12.5 5.3 10.4 5.3 8S6.2 3.5 8 1.8Z',
  live: 'M2 4.2h8.2v7.6H2zM10.2 7.2 14 5v6l-3.8-2.2',
  library: 'M2 3.5h12v9H2zM6.8 6v4l3.2-2z',
  jobs: 'M2.5 4h2M2.5 8h2M2.5 12h2M7 4h6.5M7 8h6.5M7 12h6.5',
  access: 'M10.3 9.3a3.3 3.3 0 1 0-3-2L2.5 12.1v1.7h2.2v-1.6h1.6v-1.6l1-1a3.3 3.3 0 0 0 3-.3ZM10.7 5.3h.1',
  send: 'M13.8 2.2 7 9M13.8 2.2 9.6 13.8 7 9 2.2 6.4z',
  upload: 'M8 10.5V2.8M4.8 5.8 8 2.6l3.2 3.2M2.5 10.5v2.7h11v-2.7',
  download: 'M8 2.5v7.7M4.8 7.2 8 10.4l3.2-3.2M2.5 10.5v2.7h11v-2.7',
  chip: 'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  folder: 'M2 4.2h4.2l1.5 1.6H14v7.4H2z',
  edges:
    'M8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4ZM5 5a4.3 4.3 0 0 0 0 6M11 5a4.3 4.3 0 0 1 0 6M3 3a7 7 0 0 0 0 10M13 3a7 7 0 0 1 0 10',
  target: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 7.9v.1',
  bell: 'M3.3 11.4h9.4l-1.3-1.9V6.8a3.4 3.4 0 0 0-6.8 0v2.7zM6.7 13.4a1.4 1.4 0 0 0 2.6 0',
  book: 'M3 2.8h4.2L8 3.6l.8-.8H13v9.4H8.9L8 13l-.9-.8H3zM8 3.6V13M5 5.6h1.2M5 8h1.2M9.8 5.6H11M9.8 8H11',
  viewers:
    'M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8ZM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z',
  trail: 'M3.5 2h6.2L12.5 5v9h-9zM9.5 2v3.2h3M5.8 8h4.4M5.8 10.8h4.4',
  fire: 'M8 14.2c2.7 0 4.7-1.9 4.7-4.6 0-2.2-1.3-3.4-2.2-4.6-.3 1-.8 1.5-1.4 1.8.1-2-.7-3.9-2.6-5 .1 2.4-3.2 3.9-3.2 7.4 0 3 2 5 4.7 5ZM8 14.2c-1.2 0-2-.9-2-2 0-1.3 1.2-1.7 1.7-3 1.3.8 2.3 1.8 2.3 3.1 0 1-.8 1.9-2 1.9Z',
  note: 'M3 2.5h10v8.2L10.2 13.5H3zM5.5 5.5h5M5.5 8h3.2',
  merge: 'M4.5 2.5v3.2c0 1.8 3.5 2.3 3.5 4.3v3.5M11.5 2.5v3.2c0 1.8-3.5 2.3-3.5 4.3M6 11.7l2 2 2-2',
  mute: 'M3.3 11.4h7.9M4.6 9.5V6.8c0-.7.2-1.3.5-1.8M7 3.5a3.4 3.4 0 0 1 4.4 3.3v2.7l1.3 1.9M6.7 13.4a1.4 1.4 0 0 0 2.6 0M2.2 2.2l11.6 11.6',
  clock: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.5V8l2.4 1.6',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.4 10.4l3.3 3.3',
  close: 'm4 4 8 8M12 4l-8 8',
  more: 'M8 3.6v.1M8 8v.1M8 12.3v.1',
  play: 'M5 3.2v9.6l7.5-4.8z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.3 3.3L13 4.8',
  warning: 'M8 2.3 14.3 13.3H1.7zM8 6.5v3.3M8 11.5v.1',
  lock: 'M3.5 7.3h9v6.2h-9zM5.3 7.3V5a2.7 2.7 0 0 1 5.4 0v2.3',
  globe:
    'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM1.8 8h12.4M8 1.8c3.4 3.5 3.4 8.9 0 12.4-3.4-3.5-3.4-8.9 0-12.4Z',
  trash: 'M2.8 4.3h10.4M6 4.3V2.5h4v1.8M4.2 4.3l.6 9.2h6.4l.6-9.2M6.8 7v4M9.2 7v4',
  pencil: 'm10.5 3 2.5 2.5-7.3 7.3-3.2.7.7-3.2z',
  retry: 'M13 8a5 5 0 1 1-1.5-3.6M13.2 2v3h-3',
  link: 'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.9-.9',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M3.4 12.6l.8-.8M11.8 4.2l.8-.8',
  moon: 'M13.3 9.5A5.7 5.7 0 0 1 6.5 2.7a5.7 5.7 0 1 0 6.8 6.8Z',
  auto: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM8 2.2v11.6M8 5h3M8 8h5.6M8 11h3',
  help: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM6.3 6.3a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.8.6-.8 1.2M8 11.2v.1',
  logout: 'M9.5 2.5h-6v11h6M7 8h7M11.3 5.3 14 8l-2.7 2.7',
  drain: 'M2.5 3h11l-4 5v5l-3-1.5V8z',
  restore: 'M3 8a5 5 0 1 0 1.5-3.6M2.8 2v3h3',
  offline:
    'M2 2l12 12M4 9.5a5.5 5.5 0 0 1 3-1.6M12 9.5a5.6 5.6 0 0 0-1.6-1M1.8 6.8A9 9 0 0 1 5 4.9M14.2 6.8A9 9 0 0 0 7.5 4.2M8 12.5v.1',
  plus: 'M8 3v10M3 8h10',
  external: 'M9 2.5h4.5V7M13.3 2.7 7.5 8.5M11.5 9.5v4h-9v-9h4',
  film: 'M2.5 3h11v10h-11zM5.5 3v10M10.5 3v10M2.5 6.3h3M2.5 9.7h3M10.5 6.3h3M10.5 9.7h3',
  key: 'M10.3 9.3a3.3 3.3 0 1 0-3-2L2.5 12.1v1.7h2.2v-1.6h1.6v-1.6l1-1a3.3 3.3 0 0 0 3-.3ZM10.7 5.3h.1',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  down: 'm3.5 6 4.5 4.5L12.5 6',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; decoration only, so that the words beside it or the label of its button speak. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of the product: a globe with its meridian. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#3b5bdb" />
      <g fill="none" stroke="#fff" strokeWidth="2.2">
        <circle cx="16" cy="16" r="9" />
        <ellipse cx="16" cy="16" rx="3.8" ry="9" />
        <path d="M7 16h18" strokeOpacity=".55" />
      </g>
    </svg>
  );
}
