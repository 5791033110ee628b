// What is to be sent: camera or screen, which of them, with which sound, how large.

import { SelectField } from '../ui/fields.tsx';
import { Filter } from '../ui/filter.tsx';
import { type Device, NO_MICROPHONE, type Quality } from './capture.ts';
import type { Source } from './publish-error.ts';
import type { Capture } from './use-capture.ts';

interface ChoiceFieldsProps {
  readonly capture: Capture;
  readonly qualities: readonly Quality[];
  /** On air the picture can be changed; sound and size stay as they are. */
  readonly isActive: boolean;
}

const SOURCES: readonly { readonly value: Source; readonly label: string }[] = [
  { value: 'camera', label: 'Camera' },
  { value: 'screen', label: 'Screen' },
];

/** The card. */
export function ChoiceFields({ capture, qualities, isActive }: ChoiceFieldsProps) {
  const { choice, choose, devices } = capture;
  const { source } = choice;
  return (
    <section className="card" aria-label="Source">
      <div className="card-head">
        <h2>Source</h2>
        <Filter
          label="Picture from"
          options={SOURCES}
          value={source}
          onChange={(next) => choose({ source: next })}
        />
      </div>
      <div className="card-body stack">
        {source === 'camera' && (
          <SelectField
            id="studio-camera"
            label="Camera"
            options={withDefault(devices.cameras, 'The browser’s choice')}
            value={choice.cameraId}
            onChange={(cameraId) => choose({ cameraId })}
          />
        )}
        {!isActive && (
          <>
            <SelectField
              id="studio-microphone"
              label="Sound"
              options={[
                ...withDefault(devices.microphones, 'Microphone of the browser’s choice'),
                {
                  value: NO_MICROPHONE,
                  label: source === 'screen' ? 'Sound of what is shared' : 'No sound',
                },
              ]}
              value={choice.microphoneId}
              onChange={(microphoneId) => choose({ microphoneId })}
            />
            <SelectField
              id="studio-quality"
              label="Quality"
              options={qualities}
              hint="At most: a slow way or a small camera gives less."
              value={choice.quality.value}
              onChange={(value) =>
                choose({ quality: qualities.find((quality) => quality.value === value) ?? choice.quality })
              }
            />
          </>
        )}
      </div>
    </section>
  );
}

/** The browser's own default comes first; it needs no second entry. */
function withDefault(devices: readonly Device[], label: string): readonly Device[] {
  return [{ value: '', label }, ...devices.filter(({ value }) => value !== 'default')];
}
