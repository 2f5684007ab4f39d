using './main.bicep'

// Both are set by deploy.sh.
param stage = readEnvironmentVariable('GATEHOUSE_STAGE')
param imageTag = readEnvironmentVariable('GATEHOUSE_COMMIT')

param instance = 'team'
param serviceName = 'Gatehouse (team)'

param authDomain = ''
param authCertificate = ''
param mcpDomain = ''
param mcpCertificate = ''

param olderTransport = true
param authReplicas = 2
param mcpReplicas = 1

param databaseSku = 'Standard_B2s'
param databaseTier = 'Burstable'
param databaseHighAvailability = 'Disabled'
param databaseBackupDays = 7
param logDays = 30

param upstreamIssuer = ''
param upstreamClientId = ''
param upstreamAllow = ''
param localAccounts = true
