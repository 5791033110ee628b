// In which time zone the console writes times.

import { useState } from 'react';
import { SelectField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { BROWSER_ZONE, knownZones, setTimeZone, timeZone } from '../ui/time-zone.ts';

const NAMED = 'named';

/** Chooses the time zone. */
export function TimeZoneDialog({ onClose }: { readonly onClose: () => void }) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const now = timeZone.get();
  const isNamed = now !== BROWSER_ZONE && now !== 'UTC';
  const [kind, setKind] = useState(isNamed ? NAMED : now);
  const [name, setName] = useState(isNamed ? now : own);
  return (
    <FormDialog
      title="Time zone"
      action="Show times so"
      onSubmit={async () => {
        setTimeZone(kind === NAMED ? name : kind);
        onClose();
      }}
      onClose={onClose}
    >
      <SelectField
        id="zone-kind"
        label="Times are written in"
        options={[
          { value: BROWSER_ZONE, label: `The zone of this browser (${own})` },
          { value: 'UTC', label: 'UTC' },
          { value: NAMED, label: 'Another zone' },
        ]}
        hint="Remembered in this browser. Graphs, tables and timelines follow."
        value={kind}
        onChange={setKind}
      />
      {kind === NAMED && (
        <SelectField
          id="zone-name"
          label="Zone"
          options={knownZones().map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
          value={name}
          onChange={setName}
        />
      )}
    </FormDialog>
  );
}
