// Says that not everybody may watch.

import { Icon } from './icon.tsx';

/** The tag. */
export function PrivateTag() {
  return (
    <span className="tag row">
      <Icon name="lock" />
      Private
    </span>
  );
}
