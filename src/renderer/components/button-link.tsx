import { Button, type ButtonProps } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { hrefOf, type Route } from '../router.ts';

interface ButtonLinkProps {
  readonly to: Route;
  readonly appearance?: NonNullable<ButtonProps['appearance']>;
  readonly size?: NonNullable<ButtonProps['size']>;
  readonly label?: string;
  readonly children: ReactNode;
}

/** A link that looks like a button: it goes somewhere, and can be opened in another tab. */
export const ButtonLink = ({
  to,
  appearance = 'secondary',
  size = 'medium',
  label,
  children,
}: ButtonLinkProps) => (
  <Button
    as="a"
    href={hrefOf(to)}
    appearance={appearance}
    size={size}
    {...(label === undefined ? {} : { 'aria-label': label })}
  >
    {children}
  </Button>
);
