// What the keys do.

import { Dialog } from '../ui/dialog.tsx';

const KEYS: readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Go to',
    rows: [
      ['g w', 'World'],
      ['g e', 'Edges'],
      ['g l', 'Library'],
      ['g b', 'Live broadcasts'],
      ['g i', 'Imports'],
      ['g j', 'Jobs'],
      ['g n', 'Encoders'],
      ['g f', 'Incidents'],
      ['g t', 'Alerts'],
      ['g c', 'Changes'],
      ['g o', 'On-call'],
      ['g r', 'Runbooks'],
      ['g x', 'Orders'],
      ['g v', 'Sessions of viewers'],
      ['g d', 'Audit trail'],
      ['g s', 'Objectives'],
      ['g p', 'Projects'],
      ['g h', 'Webhooks'],
      ['g a', 'Access'],
      ['g y', 'Readiness'],
      ['/', 'Search the library'],
    ],
  },
  {
    title: 'In lists',
    rows: [
      ['j ↓', 'Next row'],
      ['k ↑', 'Previous row'],
      ['Enter', 'Open'],
      ['u', 'Upload (library)'],
      ['n', 'Give an order (orders)'],
      ['Esc', 'Close what is open'],
    ],
  },
];

/** The dialog behind "?". */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose} isWide>
      <div className="help">
        {KEYS.map(({ title, rows }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>{what}</dt>
                  <dd>
                    {keys.split(' ').map((key) => (
                      <kbd key={key} className="keycap">
                        {key}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="faint small">
        Everything here is also on the command line: <code>meridian --help</code>
      </p>
    </Dialog>
  );
}
