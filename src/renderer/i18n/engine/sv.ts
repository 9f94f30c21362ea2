import type { AlertWords, EngineWords, PhraseWords } from '../engine-words.ts';
import { errorsSv } from '../errors/sv.ts';

const phrases: PhraseWords = {
  'Check the prerequisites': 'Kontrollera förutsättningarna',
  'Create the replication relationship': 'Skapa replikeringsrelationen',
  'Start initial replication': 'Starta den första replikeringen',
  'Copy {{disk}}': 'Kopiera {{disk}}',
  'Commit the replica': 'Bekräfta repliken',
  'Remove temporary files': 'Ta bort tillfälliga filer',
  'Apply the settings of replication': 'Tillämpa replikeringens inställningar',
  'Mark as protected': 'Markera som skyddad',
  'Track changes': 'Spåra ändringar',
  'Send changes': 'Skicka ändringar',
  'Check the disks': 'Kontrollera diskarna',
  'Restart tracking': 'Börja om spårningen',
  Compare: 'Jämför',
  Send: 'Skicka',
  Apply: 'Tillämpa',
  'Verify {{disk}}': 'Verifiera {{disk}}',
  'Restore {{disk}}': 'Återställ {{disk}}',
  'Delete the replica': 'Ta bort repliken',
  'Remove logs and tracking state': 'Ta bort loggar och spårningsdata',
  'Change the policy': 'Ändra policyn',
  'Tell the vault': 'Meddela valvet',
  'Drop older recovery points': 'Ta bort äldre återställningspunkter',
  'Open the vault, or make it': 'Öppna eller skapa valvet',
  'Open the vault': 'Öppna valvet',
  'Try the sign-in': 'Prova inloggningen',
  'Rename the vault': 'Byt namn på valvet',
  'Forget the vault': 'Glöm valvet',
  Disks: 'Diskar',
  'Disk files and chains': 'Diskfiler och kedjor',
  'Disk sizes': 'Diskarnas storlek',
  'Azure: name of the VM': 'Azure: den virtuella datorns namn',
  'Azure: operating system disk': 'Azure: operativsystemets disk',
  'Azure: data disks': 'Azure: datadiskar',
  'Azure: sector size': 'Azure: sektorstorlek',
  'Log folder': 'Loggens mapp',
  'Log space': 'Utrymme för loggen',
  Vault: 'Valv',
  'Vault: reach': 'Valv: nå',
  'Vault: list': 'Valv: lista',
  'Vault: read': 'Valv: läsa',
  'Vault: write': 'Valv: skriva',
  'Vault: rename': 'Valv: byta namn',
  'Vault: snapshot': 'Valv: ögonblicksbild',
  'Vault: delete': 'Valv: ta bort',
  'Vault: space': 'Valv: utrymme',
  'Vault: space for the replica': 'Valv: utrymme för repliken',
  'No other replication': 'Ingen annan replikering',
  'Check the VM folder and the exclusions.':
    'Kontrollera den virtuella datorns mapp och de utelämnade diskarna.',
  'Exclude {{disk}}, or choose another vault.': 'Utelämna {{disk}} eller välj ett annat valv.',
  'Rename the VM on its host.': 'Byt namn på den virtuella datorn på värden.',
  'Protect the VM with the one disk that it starts from.':
    'Skydda den virtuella datorn med den enda disk som den startar från.',
  'Shrink {{disk}}, or choose a directory vault.': 'Förminska {{disk}} eller välj ett valv i en mapp.',
  'Check the generation of the VM on its host.': 'Kontrollera den virtuella datorns generation på värden.',
  'Exclude {{count}} of them, or join disks.': 'Utelämna {{count}} av dem eller slå ihop diskar.',
  'Exclude {{disk}}, or shrink it.': 'Utelämna {{disk}} eller förminska den.',
  'Convert {{disk}} to 512-byte sectors (Set-VHD), or exclude it.':
    'Konvertera {{disk}} till sektorer på 512 byte (Set-VHD) eller utelämna den.',
  'Give the account that runs the engine the right to write into that folder.':
    'Ge kontot som kör motorn rätt att skriva i mappen.',
  'Give the disk file a shorter name.': 'Ge diskfilen ett kortare namn.',
  'Free {{size}} or more on {{volume}}.': 'Frigör {{size}} eller mer på {{volume}}.',
  'Free {{size}} on {{volume}} to be safe.': 'Frigör för säkerhets skull {{size}} på {{volume}}.',
  'Free {{size}} at the vault, exclude a disk, or choose another vault.':
    'Frigör {{size}} i valvet, utelämna en disk eller välj ett annat valv.',
  'Give the account that runs the engine read, write and delete rights in the vault.':
    'Ge kontot som kör motorn rätt att läsa, skriva och ta bort i valvet.',
  'End that protection first to change its vault.': 'Avsluta det skyddet först för att byta valv.',
  'End the protection there, or choose another vault.': 'Avsluta skyddet där eller välj ett annat valv.',
  'End the protection that writes it; when there is none any more, delete {{file}}.':
    'Avsluta skyddet som skriver den; finns det inte längre, ta bort {{file}}.',
  '{{step}} Or leave the disk out: clear its box in the console, or --exclude "{{disk}}".':
    '{{step}} Eller utelämna disken: avmarkera den.',
  'Waits for its turn.': 'Väntar på sin tur.',
  'Waits for its time window.': 'Väntar på sitt tidsfönster.',
  'Waits for the start time that was chosen.': 'Väntar på den valda starttiden.',
  'Waits for the next attempt: {{why}}': 'Väntar på nästa försök.',
  'Waits for somebody to act: {{step}}': 'Väntar på åtgärd: {{step}}',
  'Replication of the VM is paused.': 'Replikeringen av den virtuella datorn är pausad.',
  'Goes on when the engine runs.': 'Fortsätter när motorn körs.',
  'the bandwidth limit ({{rate}} until {{time}})': 'väntar på bandbreddsgränsen ({{rate}} till {{time}})',
  'the bandwidth limit ({{rate}})': 'väntar på bandbreddsgränsen ({{rate}})',
  'Initial replication of {{vm}}': 'Första replikering av {{vm}}',
  'Finalizing protection': 'Slutför skyddet',
  'Tracking changes of {{vm}}': 'Spårar ändringar i {{vm}}',
  'Sending changes of {{vm}}': 'Skickar ändringar i {{vm}}',
  'Resynchronizing {{vm}}': 'Synkroniserar om {{vm}}',
  'Applying what changed while {{vm}} was compared': 'Tillämpar det som ändrades medan {{vm}} jämfördes',
  'Giving back the space of the logs': 'Lämnar tillbaka loggarnas utrymme',
  'Verifying {{vm}}': 'Verifierar {{vm}}',
  'Restoring {{vm}}': 'Återställer {{vm}}',
  'Dropping recovery points of {{vm}}': 'Tar bort återställningspunkter för {{vm}}',
  Stopping: 'Stoppar',
  'A shorter outage of the vault or a higher bandwidth limit would have prevented it; the warnings at 30 % and 40 % of the disk come in time for that.':
    'Ett kortare avbrott för valvet eller en högre bandbreddsgräns; varningarna vid 30 % och 40 % av disken kommer i tid för det.',
  'A healthy volume beside the disk, on which the engine may write, would have prevented it.':
    'En frisk volym bredvid disken, där motorn får skriva.',
  'A healthy volume beside the disk would have prevented it: nothing but the engine may write into its logs.':
    'En frisk volym bredvid disken: bara motorn får skriva i sina loggar.',
  'Leaving the .hrl files beside the disks would have prevented it: exclude them from clean-ups and virus scans.':
    'Att låta .hrl-filerna ligga bredvid diskarna: undanta dem från rensningar och virussökningar.',
  'Moving or copying disks without their .hrl files would have prevented it.':
    'Att flytta eller kopiera diskar utan deras .hrl-filer.',
  'Leaving the vault and the data directory as they are would have prevented it: neither may be put back to an older state alone.':
    'Att låta valvet och datamappen vara som de är: ingen av dem får ensam återföras till ett äldre tillstånd.',
  'An intact data directory would have prevented it: leave its tracking folder alone and keep its volume healthy.':
    'En oskadad datamapp: rör inte spårningsmappen och håll volymen frisk.',
  'A healthy volume under the data directory would have prevented it.': 'En frisk volym under datamappen.',
  'Nothing prevents it: a disk that is resized is brought to the vault anew.':
    'Ingenting: en disk vars storlek ändras förs till valvet på nytt.',
  'Keeping the disk file in its place would have prevented it.':
    'Att låta diskfilen ligga kvar på sin plats.',
  'Nothing prevents it: a disk that is put back to an older state is compared before replication goes on.':
    'Ingenting: en disk som återförts till ett äldre tillstånd jämförs innan replikeringen fortsätter.',
  'Leaving the replicas at the vault alone would have prevented it.': 'Att inte röra replikerna i valvet.',
  'Nothing was wrong: it was asked for.': 'Inget var fel: det begärdes.',
  'The event list says what came before it.': 'Händelselistan visar vad som föregick det.',
  'Test message': 'Testmeddelande',
  'This is how alerts of {{host}} will reach you. Nothing has happened.':
    'Så når larm från {{host}} dig. Inget har hänt.',
};

const alerts: AlertWords = {
  healthWarning: ['hälsan är Varning', 'hälsan är åter Normal'],
  healthCritical: ['hälsan är Kritisk', 'hälsan är inte längre Kritisk'],
  rpoHalf: ['RPO över halva gränsen', 'RPO åter under halva gränsen'],
  rpoLimit: ['RPO över gränsen', 'RPO åter inom gränsen'],
  log30: ['loggen över 30 % av disken', 'loggen åter under 30 % av disken'],
  log40: ['loggen över 40 % av disken', 'loggen åter under 40 % av disken'],
  log50: ['loggen över 50 % av disken', 'loggen åter under 50 % av disken'],
  volumeLow: ['en volym har ont om utrymme', 'en volym har åter utrymme'],
  volumeReserve: ['en volym är nästan full', 'en volym är inte längre nästan full'],
  signature14Days: ['en åtkomstsignatur upphör inom 14 dagar', 'en åtkomstsignatur har förnyats'],
  signature3Days: ['en åtkomstsignatur upphör inom 3 dagar', 'en åtkomstsignatur har förnyats'],
  silent: ['inget replikerat på en timme', 'replikerar igen'],
};

/** What the engine says, in Swedish. */
export const engineSv: EngineWords = { errors: errorsSv, phrases, alerts };
