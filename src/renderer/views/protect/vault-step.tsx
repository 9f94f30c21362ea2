import { Button, Radio, RadioGroup } from '@fluentui/react-components';
import { useState } from 'react';
import type { VmSummary } from '../../../contract/host-reports.ts';
import type { VaultReport } from '../../../contract/vault-reports.ts';
import { VaultForm } from '../../components/vault-form.tsx';
import { formatBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { type Plan, sizesOf } from './plan-protection.ts';

interface VaultStepProps {
  readonly vaults: readonly VaultReport[];
  readonly vms: readonly VmSummary[];
  readonly plan: Plan;
  onChange(part: Partial<Plan>): void;
}

const roomOf = ({ reachable, freeBytes }: VaultReport): string =>
  reachable
    ? freeBytes === null
      ? ''
      : ` · ${t('protect.vaultFree', { size: formatBytes(freeBytes) })}`
    : ` · ${t('protect.vaultAway')}`;

/** Into which vault, or into a new one. */
export const VaultStep = ({ vaults, vms, plan, onChange }: VaultStepProps) => {
  const [adding, setAdding] = useState(vaults.length === 0);
  const { copyBytes } = sizesOf(vms, plan);
  const free = vaults.find(({ name }) => name === plan.vault)?.freeBytes ?? null;
  return (
    <section>
      <h2>{t('protect.chooseVault')}</h2>
      {vaults.length === 0 ? (
        <p className="quiet">{t('protect.chooseVaultFirst')}</p>
      ) : (
        <RadioGroup
          aria-label={t('protect.chooseVault')}
          value={plan.vault ?? ''}
          onChange={(_event, { value }) => onChange({ vault: value })}
        >
          {vaults.map((vault) => (
            <Radio
              key={vault.name}
              value={vault.name}
              label={`${vault.name} · ${vault.target}${roomOf(vault)}`}
            />
          ))}
        </RadioGroup>
      )}
      {free !== null && free < copyBytes ? (
        <p className="warning-text">
          {t('protect.vaultTooSmall', { size: formatBytes(copyBytes), free: formatBytes(free) })}
        </p>
      ) : null}
      {adding ? (
        <div className="card">
          <VaultForm
            primary={false}
            onAdded={(vault) => {
              onChange({ vault });
              setAdding(false);
            }}
            {...(vaults.length === 0 ? {} : { onCancel: () => setAdding(false) })}
          />
        </div>
      ) : (
        <Button appearance="subtle" onClick={() => setAdding(true)}>
          {t('protect.newVault')}
        </Button>
      )}
    </section>
  );
};
