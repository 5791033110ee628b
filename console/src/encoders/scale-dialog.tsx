// Asks how many jobs and chunks the encoders of a region take at once. What the cores allow is the most; nothing at all is
// a pause, which has a button of its own.

import { useState } from 'react';
import type { RegionEncoding } from '../../../src/contract/api/jobs.ts';
import { call } from '../api.ts';
import { TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';

interface ScaleDialogProps {
  readonly region: RegionEncoding;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The dialog. */
export function ScaleDialog({ region, onClose, onDone }: ScaleDialogProps) {
  const { id, name, slots, slotsMax } = region;
  const [text, setText] = useState(String(region.scaledTo ?? slots));
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  const isGood = count >= 1 && count <= slotsMax;
  const scale = async (): Promise<void> => {
    const placed = await call('POST /v1/orders', { body: { kind: 'scale', regionId: id, count } });
    tell(placed.text);
    onDone();
  };
  return (
    <FormDialog
      title={`Scale the encoders of ${name}`}
      action="Scale"
      busy="Scaling…"
      isComplete={isGood}
      onSubmit={scale}
      onClose={onClose}
    >
      <TextField
        id="scale-count"
        label="Jobs and chunks at once"
        type="number"
        hint={`From 1 to ${slotsMax}, which is what the cores of its living encoders allow; now ${slots}`}
        isInvalid={!isGood}
        value={text}
        onChange={setText}
      />
      <p className="soft">
        What is at work is finished. Taking the change back, or ending the order, brings the number of before.
      </p>
    </FormDialog>
  );
}
