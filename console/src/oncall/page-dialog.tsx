// Pages whoever has duty, without an incident: also to try whether pages arrive.

import { useState } from 'react';
import { call } from '../api.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import type { OncallScene } from './oncall-data.ts';

/** The dialog, open while rendered. */
export function PageDialog({ scene, onClose }: { scene: OncallScene; onClose: () => void }) {
  const [title, setTitle] = useState('');
  const [policyId, setPolicyId] = useState(scene.rota.defaultPolicyId ?? '');
  const page = async (): Promise<void> => {
    await call('POST /v1/oncall/escalations', { body: { title, policyId } });
    tell('The page is out');
    scene.refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Page somebody"
      action="Page"
      busy="Paging…"
      isComplete={title.trim() !== ''}
      onSubmit={page}
      onClose={onClose}
    >
      <p className="soft">
        Whoever has duty is told now, and the next ones after them until somebody takes it.
      </p>
      <TextField
        id="page-title"
        label="What it says"
        placeholder="Only a try: please acknowledge"
        lengthMax={200}
        isFirst
        value={title}
        onChange={setTitle}
      />
      <SelectField
        id="page-policy"
        label="In the order of"
        options={scene.rota.policies.map(({ id, name }) => ({ value: id, label: name }))}
        value={policyId}
        onChange={setPolicyId}
      />
    </FormDialog>
  );
}
