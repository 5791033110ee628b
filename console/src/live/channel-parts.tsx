// What the dialogs that place, end and move channels share: the choice of a region, and what the end of a channel does.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { isRunning } from './describe-broadcast.ts';

interface RegionChoiceProps {
  /** Read aloud: "The region that it leaves". */
  readonly legend: string;
  readonly regionIds: readonly string[];
  readonly nameOf: (regionId: string) => string;
  readonly value: string;
  readonly onChange: (regionId: string) => void;
}

/** One region of several. */
export function RegionChoice({ legend, regionIds, nameOf, value, onChange }: RegionChoiceProps) {
  return (
    <fieldset className="region-choice">
      <legend className="visually-hidden">{legend}</legend>
      {regionIds.map((id) => (
        <label key={id} className="checkbox">
          <input type="radio" name="region" checked={id === value} onChange={() => onChange(id)} />
          <span>{nameOf(id)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface ChannelEndProps {
  readonly broadcast: BroadcastView;
  readonly regionId: string;
  readonly nameOf: (regionId: string) => string;
}

/** What happens when the channel in a region ends; nothing when there is none. */
export function ChannelEnd({ broadcast, regionId, nameOf }: ChannelEndProps) {
  const { channels } = broadcast.schedule;
  const ending = channels.find((channel) => channel.regionId === regionId);
  const other = channels.find((channel) => channel.regionId !== regionId);
  if (ending === undefined) return null;
  return (
    <li>
      <strong>
        Channel {ending.channel} in {nameOf(regionId)} ends.
      </strong>{' '}
      <span className="soft">
        {other === undefined
          ? 'It is the only one: viewers see the picture stand still until another has begun.'
          : `Channel ${other.channel} in ${nameOf(other.regionId)} goes on and leads; ${
              isRunning(broadcast)
                ? 'viewers go over in mid-stream and see nothing of it.'
                : 'nobody watches yet.'
            }`}
      </span>
    </li>
  );
}
