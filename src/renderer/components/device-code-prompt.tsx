import { Button } from '@fluentui/react-components';
import { Copy16Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showProblem, useUi } from '../stores/ui-store.ts';
import { useNow } from '../stores/use-now.ts';
import { copyText } from './copy-text.ts';
import { Moment } from './moment.tsx';

/** The code that somebody has to type at Microsoft's page, while the engine waits for them; nothing before it comes. */
export const DeviceCodePrompt = ({ vault }: { readonly vault: string }) => {
  const code = useUi(({ deviceCodes }) => deviceCodes.get(vault));
  const nowMs = useNow();
  const [copied, setCopied] = useState<'code' | 'address' | null>(null);
  if (code === undefined) return null;
  const copy = async (what: 'code' | 'address', text: string): Promise<void> => {
    setCopied((await copyText(text)) ? what : null);
  };
  const cancel = async (): Promise<void> => {
    try {
      await ask('vault.signIn.cancel', { name: vault });
    } catch (error) {
      showProblem(error);
    }
  };
  return (
    <section className="device-code" role="status" aria-label={t('deviceCode.title')}>
      <p>{t('deviceCode.help')}</p>
      <dl>
        <div>
          <dt>{t('deviceCode.address')}</dt>
          <dd className="path">{code.verificationUri}</dd>
          <dd>
            <Button
              size="small"
              icon={<Copy16Regular />}
              {...(copied === 'address' ? {} : { 'aria-label': t('deviceCode.copyAddress') })}
              onClick={() => void copy('address', code.verificationUri)}
            >
              {t(copied === 'address' ? 'common.copied' : 'common.copy')}
            </Button>
          </dd>
        </div>
        <div>
          <dt>{t('deviceCode.code')}</dt>
          <dd className="user-code">{code.userCode}</dd>
          <dd>
            <Button
              size="small"
              icon={<Copy16Regular />}
              {...(copied === 'code' ? {} : { 'aria-label': t('deviceCode.copyCode') })}
              onClick={() => void copy('code', code.userCode)}
            >
              {t(copied === 'code' ? 'common.copied' : 'common.copy')}
            </Button>
          </dd>
        </div>
        <div>
          <dt>{t('deviceCode.until')}</dt>
          <dd>
            <Moment iso={code.expiresAt} nowMs={nowMs} />
          </dd>
        </div>
      </dl>
      <p className="note">{t('deviceCode.waiting')}</p>
      <Button size="small" onClick={() => void cancel()}>
        {t('deviceCode.cancel')}
      </Button>
    </section>
  );
};
